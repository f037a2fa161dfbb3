import { readFileSync } from "node:fs";
import { isDict } from "#emulators/azure-ml/engine/builtin/python-values.ts";
import { parseYaml, TEXTS, type YamlFile } from "#emulators/azure-ml/engine/builtin/yaml-file.ts";
import { KINDS, type WorkspaceConnection } from "./connection.ts";

export type Environment = Readonly<Record<string, string | undefined>>;
type Kind = WorkspaceConnection["kind"];
type Fields = Readonly<Record<string, unknown>>;
type Texts = Readonly<Record<string, string>>;

interface ConnectionFile extends Pick<YamlFile, "where"> {
  readonly path: string;
  readonly fields: Fields;
  readonly env: Environment;
}

/** What any connection may say. */
const COMMON = ["$schema", "name", "type", "module"];

/** Throws Error that names file, line and field, and what to do. */
export function readConnectionFile(path: string, env: Environment): WorkspaceConnection {
  const { value, where } = parseYaml(textOf(path), path, { schema: TEXTS });
  if (!isDict(value)) {
    throw new Error(
      `${path} is ${kindOf(value)}, not a map. Write it as prompt flow does: name, type, and the fields of that type.`,
    );
  }
  const file = { path, fields: value, where, env };
  const name = readName(file);
  const kind = readKind(file);
  requireFields(file, kind);
  if (kind === "custom") return { name, kind, ...readCustom(file) };
  const own = Object.entries(value).filter(([key]) => !COMMON.includes(key));
  const { api_key, ...configs } = readTexts(file, Object.fromEntries(own));
  return { name, kind, configs, secrets: api_key === undefined ? {} : { api_key } };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${path} cannot be read: ${reason}. Let this user read it, or move it away.`, {
      cause,
    });
  }
}

function readName(file: ConnectionFile): string {
  const given = file.fields["name"];
  const name = given === undefined ? "" : readText(file, given, ["name"]);
  if (name) return name;
  throw new Error(`${file.path}: name is missing. Write the name by which flows ask for it.`);
}

function readKind({ path, fields, where }: ConnectionFile): Kind {
  const kinds = Object.keys(KINDS) as Kind[];
  const kind = kinds.find((known) => known === fields.type);
  if (kind) return kind;
  const known = `It is one of ${kinds.join(", ")}.`;
  if (fields.type === undefined) throw new Error(`${path}: type is missing. ${known}`);
  const given = typeof fields.type === "string" ? `'${fields.type}'` : kindOf(fields.type);
  throw new Error(`${where("type")}: type is ${given}, which is not known. ${known}`);
}

/** A typing mistake would be a field that nobody reads. */
function requireFields({ path, fields, where }: ConnectionFile, kind: Kind): void {
  const known: readonly string[] = KINDS[kind].fields;
  for (const key of Object.keys(fields)) {
    if (COMMON.includes(key) || known.includes(key)) continue;
    const hint =
      kind === "custom"
        ? "Write it under secrets, or under configs if anybody may see it."
        : `Its fields are ${known.join(", ")}.`;
    throw new Error(`${where(key)}: '${key}' is no field of a connection of type ${kind}. ${hint}`);
  }
  const hasIdentity = fields.auth_mode === "meid_token";
  const missing = KINDS[kind].required.find(
    (key) => fields[key] === undefined && !(key === "api_key" && hasIdentity),
  );
  if (missing === undefined) return;
  throw new Error(
    `${path}: ${missing} is missing, which a connection of type ${kind} needs. Add it.`,
  );
}

function readCustom(file: ConnectionFile): Pick<WorkspaceConnection, "configs" | "secrets"> {
  const secrets = readMap(file, "secrets");
  if (Object.keys(secrets).length > 0) return { configs: readMap(file, "configs"), secrets };
  throw new Error(
    `${file.where("secrets")}: secrets is empty, and a connection of type custom needs at least one. Write it as 'name: value' below.`,
  );
}

function readMap(file: ConnectionFile, key: "configs" | "secrets"): Texts {
  const value = file.fields[key] ?? {};
  if (isDict(value)) return readTexts(file, value, key);
  throw new Error(
    `${file.where(key)}: ${key} is ${kindOf(value)}, not a map. Write one 'name: value' on each line below it.`,
  );
}

function readTexts(
  file: ConnectionFile,
  values: Fields,
  ...parent: string[]
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, readText(file, value, [...parent, key])]),
  );
}

function readText({ where, env }: ConnectionFile, value: unknown, place: string[]): string {
  const field = place.join(".");
  if (typeof value !== "string") {
    throw new Error(
      `${where(...place)}: ${field} is ${kindOf(value)}, not text. Write its value on the same line, or leave the field out.`,
    );
  }
  return value.replaceAll(/\$\{env:([^}]+)\}/g, (_, name: string) => {
    const found = env[name];
    if (found !== undefined) return found;
    throw new Error(
      `${where(...place)}: ${field} needs the environment variable ${name}, which is not set. Set it before starting.`,
    );
  });
}

function kindOf(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" ? "text" : "a map";
}
