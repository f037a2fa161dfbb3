import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { WorkspaceConnection } from "./connection.ts";
import { type Environment, readConnectionFile } from "./connection-file.ts";

/**
 * Every `*.yml` and `*.yaml` of a folder, each one connection as prompt flow writes it; `${env:NAME}` is a variable of the
 * environment. Throws Error that says where the mistake is and what to do.
 */
export function readConnections(folder: string, env: Environment): WorkspaceConnection[] {
  const files = new Map<string, string>();
  return filesOf(folder).map((file) => {
    const connection = readConnectionFile(file, env);
    const name = connection.name.toLowerCase();
    const other = files.get(name);
    if (other !== undefined) {
      throw new Error(
        `${file} and ${other} are both named '${connection.name}', whatever the case. Rename one of them, or remove it.`,
      );
    }
    files.set(name, file);
    return connection;
  });
}

function filesOf(folder: string): string[] {
  const files = namesIn(folder).filter((name) => /\.ya?ml$/.test(name));
  if (files.length > 0) return files.sort().map((name) => join(folder, name));
  throw new Error(
    `--connections: there is no *.yml or *.yaml in ${folder}. Put one into it for each connection, or leave the option out.`,
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new Error(`--connections: ${reasonOf(folder, cause as NodeJS.ErrnoException)}`, {
      cause,
    });
  }
}

function reasonOf(folder: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOENT":
      return `there is no folder ${folder}. Make it, or correct the path.`;
    case "ENOTDIR":
      return `${folder} is not a folder. Name the folder that the files of the connections are in.`;
    default:
      return `${folder} cannot be read: ${message}. Let this user read it.`;
  }
}
