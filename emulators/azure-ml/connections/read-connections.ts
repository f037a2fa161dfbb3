import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import * as z from "zod";
import { KINDS, type WorkspaceConnection } from "./connection.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const Text = z.union([z.string(), z.number().transform(String)]);
const TextMap = z.record(z.string(), Text);
const kinds = Object.keys(KINDS) as [keyof typeof KINDS, ...(keyof typeof KINDS)[]];
const ConnectionFile = z.object({
  name: z.string().min(1),
  type: z.enum(kinds),
  configs: TextMap.default({}),
  secrets: TextMap.default({}),
});

/**
 * Every `*.yml` and `*.yaml` of a folder, each one connection as prompt flow writes it; `${env:NAME}` is a variable of the
 * environment. Throws with file and reason.
 */
export function readConnections(folder: string, env: Environment): WorkspaceConnection[] {
  const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  return files.sort().map((name) => readConnection(join(folder, name), env));
}

function readConnection(file: string, env: Environment): WorkspaceConnection {
  const content = load(readFileSync(file, "utf8"));
  const parsed = ConnectionFile.safeParse(content);
  if (!parsed.success) {
    throw new Error(`${file} is not a connection: ${z.prettifyError(parsed.error)}`);
  }
  const { name, type: kind, configs, secrets } = parsed.data;
  const { $schema: _, name: _name, type: _type, ...fields } = content as Record<string, unknown>;
  const { api_key, ...plain } = kind === "custom" ? {} : z.record(z.string(), Text).parse(fields);
  const resolve = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, fromEnvironment(file, value, env)]),
    );
  return {
    name,
    kind,
    configs: resolve(kind === "custom" ? configs : plain),
    secrets: resolve(api_key === undefined ? secrets : { api_key }),
  };
}

function fromEnvironment(file: string, value: string, env: Environment): string {
  return value.replaceAll(/\$\{env:([^}]+)\}/g, (_, name: string) => {
    const found = env[name];
    if (found !== undefined) return found;
    throw new Error(`${file} needs the environment variable ${name}, which is not set.`);
  });
}
