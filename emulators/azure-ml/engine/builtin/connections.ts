import { readFileSync } from "node:fs";
import { z } from "zod";

const Value = z.record(z.string(), z.unknown());

/** A connection as prompt flow hands it to an executor, by its class. */
export interface Connection {
  /** E.g. `AzureOpenAIConnection`. */
  readonly type: string;
  /** Fields of the class, e.g. `api_key`, `api_base`. */
  readonly value: Readonly<Record<string, unknown>>;
}

const ConnectionFile = z.record(z.string(), z.object({ type: z.string(), value: Value }));

export interface OfflineModel {
  /** Without a trailing slash; an address that ends in `/v1` speaks OpenAI's own protocol. */
  readonly url: string;
  readonly key: string;
}

export const AZURE = "AzureOpenAIConnection";
export const OPEN_AI = "OpenAIConnection";
export const SERVERLESS = "ServerlessConnection";

const API_VERSION = "2024-02-01";

/** The connections that are known by name; others fall back to the offline model. */
export class Connections {
  readonly #known: Readonly<Record<string, Connection>>;
  readonly #offline: OfflineModel;
  readonly #warn: (line: string) => void;
  readonly #warned = new Set<string>();

  constructor(
    known: Readonly<Record<string, Connection>>,
    offline: OfflineModel,
    warn: (line: string) => void,
  ) {
    this.#known = known;
    this.#offline = offline;
    this.#warn = warn;
  }

  read(name: string): Connection | undefined {
    return Object.hasOwn(this.#known, name) ? this.#known[name] : undefined;
  }

  /** The connection, or the offline model in its place: one warning per name. */
  forModel(name: string, type: string = this.#offlineType()): Connection {
    const known = this.read(name);
    if (known) return known;
    if (!this.#warned.has(name)) {
      this.#warned.add(name);
      this.#warn(
        `WARNING: connection '${name}' is not defined here; the model at ${this.#offline.url} answers in its place.`,
      );
    }
    const { url, key } = this.#offline;
    if (type === AZURE) {
      return {
        type,
        value: { api_key: key, api_base: url, api_type: "azure", api_version: API_VERSION },
      };
    }
    const base = url.endsWith("/v1") ? url : `${url}/v1`;
    return { type: OPEN_AI, value: { api_key: key, base_url: base, organization: null } };
  }

  /** `${conn.api_key}` in an environment variable becomes the field of that connection. */
  resolveVariable(text: string): string {
    const [, name = "", field = ""] = /^\$\{([^.{}]+)\.([^{}]+)\}$/.exec(text) ?? [];
    const value = this.read(name)?.value[field];
    return value === undefined ? text : String(value);
  }

  #offlineType(): string {
    return this.#offline.url.endsWith("/v1") ? OPEN_AI : AZURE;
  }
}

/** The file that PROMPTFLOW_CONNECTIONS names. Throws Error saying what is wrong with it. */
export function readConnectionsFile(path: string): Readonly<Record<string, Connection>> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`PROMPTFLOW_CONNECTIONS (${path}) cannot be read as JSON: ${reason}`, {
      cause,
    });
  }
  const parsed = ConnectionFile.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new Error(
    `PROMPTFLOW_CONNECTIONS (${path}) is not a map of connections: ${z.prettifyError(parsed.error)}`,
  );
}
