import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What a presented key turned out to be. */
export type KeyHolder =
  | { readonly level: "master" | "host" }
  /** `name` is the function's, or the system key's such as `durabletask_extension`. */
  | { readonly level: "function" | "system"; readonly name: string };

interface Keys {
  readonly master: string;
  readonly host: Readonly<Record<string, string>>;
  readonly system: Readonly<Record<string, string>>;
  /** By function, then by name. */
  readonly functions: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const SYSTEM_KEYS = ["durabletask_extension", "eventgrid_extension", "blobs_extension"] as const;
const KEY_BYTES = 40;

/** The keys of one app, each made when it is first needed and kept in a file that only its owner can read. */
export class KeyRing {
  readonly file: string;
  readonly #keys: Keys;

  /** Throws when the file is there and cannot be read. */
  constructor(file: string, functionNames: readonly string[]) {
    this.file = file;
    const { text, known } = readKeys(file);
    const functions = functionNames.map((name) => [
      name,
      known.functions?.[name] ?? { default: newKey() },
    ]);
    const system = SYSTEM_KEYS.map((name) => [name, known.system?.[name] ?? newKey()]);
    this.#keys = {
      master: known.master ?? newKey(),
      host: known.host ?? { default: newKey() },
      system: { ...known.system, ...Object.fromEntries(system) },
      functions: { ...known.functions, ...Object.fromEntries(functions) },
    };
    const now = `${JSON.stringify(this.#keys, null, 2)}\n`;
    if (now !== text) writeKeys(file, now);
  }

  /** The system key of an extension's webhooks. */
  systemKey(name: (typeof SYSTEM_KEYS)[number]): string {
    return this.#keys.system[name] ?? "";
  }

  /** Undefined for a key of nobody's. Every key is compared, so that the time tells nothing. */
  holderOf(presented: string): KeyHolder | undefined {
    const { master, host, system, functions } = this.#keys;
    const all: (readonly [string, KeyHolder])[] = [
      [master, { level: "master" }],
      ...Object.values(host).map((key) => [key, { level: "host" }] as const),
      ...Object.entries(system).map(([name, key]) => [key, { level: "system", name }] as const),
      ...Object.entries(functions).flatMap(([name, keys]) =>
        Object.values(keys).map((key) => [key, { level: "function", name }] as const),
      ),
    ];
    const digest = digestOf(presented);
    const matches = all.filter(([key]) => timingSafeEqual(digestOf(key), digest));
    return matches[0]?.[1];
  }
}

function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

function newKey(): string {
  return randomBytes(KEY_BYTES).toString("base64url");
}

function readKeys(file: string): { readonly text: string; readonly known: Partial<Keys> } {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { text: "", known: {} };
    throw error;
  }
  try {
    return { text, known: JSON.parse(text) as Partial<Keys> };
  } catch (error) {
    throw new Error(
      `${file}, which keeps the host's keys, is not JSON. Correct it, or remove it for new keys.`,
      { cause: error },
    );
  }
}

/** A crash must not leave half a file. */
function writeKeys(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const beside = `${file}.new`;
  writeFileSync(beside, text, { mode: 0o600 });
  renameSync(beside, file);
}
