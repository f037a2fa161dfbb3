import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { zipSync } from "fflate";
import type { FlowSource } from "#emulators/azure-ml/engine/engine.ts";
import { flowError } from "./errors.ts";
import { isDict, pythonStr } from "./python-values.ts";
import { readYamlFile } from "./yaml-file.ts";

/** The folder that a flow runs in: its own, or a copy with the includes, which disposing removes. */
export interface PreparedFolder extends AsyncDisposable {
  readonly folder: string;
}

/** Rejects with FlowError for an include that is not there. */
export async function prepareFolder(source: FlowSource): Promise<PreparedFolder> {
  if (source.file.endsWith(".prompty")) return asItIs(source.folder);
  const file = await readYamlFile(join(source.folder, source.file), source.file);
  const includes = isDict(file.value) ? (file.value.additional_includes ?? []) : [];
  const where = file.where("additional_includes");
  if (!Array.isArray(includes)) {
    throw flowError("FlowDefinitionError", `'additional_includes' at ${where} is not a list.`);
  }
  if (includes.length === 0) {
    return asItIs(source.folder);
  }
  const folder = await mkdtemp(join(tmpdir(), "flowgate-flow-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await cp(source.folder, folder, { recursive: true });
    for (const [index, include] of includes.entries()) {
      await copyInclude(
        source.folder,
        folder,
        pythonStr(include),
        file.where("additional_includes", index),
      );
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, [Symbol.asyncDispose]: remove };
}

function asItIs(folder: string): PreparedFolder {
  return { folder, [Symbol.asyncDispose]: async () => undefined };
}

async function copyInclude(
  from: string,
  to: string,
  include: string,
  where: string,
): Promise<void> {
  const path = resolve(from, include);
  if (!(await exists(path))) {
    const folder = path.slice(0, -".zip".length);
    if (path.endsWith(".zip") && (await exists(folder))) {
      await writeFile(join(to, basename(path)), await zipFolder(folder));
      return;
    }
    throw flowError(
      "AdditionalIncludeNotFound",
      `Unable to find additional include ${include} (${where}).`,
    );
  }
  await cp(path, join(to, basename(path)), { recursive: true, force: true });
}

/** An include that ends in .zip may name a folder: its files, under its name. */
async function zipFolder(folder: string): Promise<Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(dirname(folder), path)] = await readFile(path);
  }
  return zipSync(files);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return false;
      throw error;
    },
  );
}
