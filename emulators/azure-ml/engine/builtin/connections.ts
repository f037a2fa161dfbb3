import { readFileSync } from "node:fs";
import { z } from "zod";
import { flowError } from "./errors.ts";
import { isDict } from "./python-values.ts";

const Value = z.record(z.string(), z.unknown());

/** A connection as prompt flow hands it to an executor, by its class. */
export interface Connection {
  /** E.g. `AzureOpenAIConnection`. */
  readonly type: string;
  /** Fields of the class, e.g. `api_key`, `api_base`. */
  readonly value: Readonly<Record<string, unknown>>;
}

const ConnectionFile = z.record(
  z.string(),
  z
    .object({ type: z.string(), value: Value, secret_keys: z.array(z.string()).default([]) })
    .transform(({ type, value, secret_keys }) => ({
      type,
      value: type === CUSTOM ? splitSecrets(value, secret_keys) : value,
    })),
);

export interface OfflineModel {
  /** Without a trailing slash; an address that ends in `/v1` speaks OpenAI's own protocol. */
  readonly url: string;
  readonly key: string;
}

export const AZURE = "AzureOpenAIConnection";
export const OPEN_AI = "OpenAIConnection";
export const SERVERLESS = "ServerlessConnection";
const CUSTOM = "CustomConnection";

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

  /** The fields of a model configuration, with those of the connection that it names. */
  modelConfiguration(type: string, given: Readonly<Record<string, unknown>>) {
    const { connection, ...fields } = given;
    if (typeof connection !== "string" || connection === "") return given;
    const isAzure = type.startsWith("Azure");
    const wanted = isAzure ? AZURE : OPEN_AI;
    const { type: actual, value } = this.forModel(connection, wanted);
    if (actual !== wanted) {
      throw flowError(
        "FlowEntryInitializationError",
        `${type} takes a connection of type ${wanted}, and '${connection}' is of type ${actual}. Name another connection under 'init'.`,
      );
    }
    const { api_key, api_base, api_version, base_url, organization } = value;
    return isAzure
      ? { ...fields, azure_endpoint: api_base, api_version, api_key }
      : { ...fields, base_url, organization, api_key };
  }

  /**
   * The connection of a prompty's `model.configuration`: the one it names, its own fields, or the
   * environment's. The offline model answers where no address or key is known.
   */
  forConfiguration(
    configuration: Readonly<Record<string, unknown>>,
    file: string,
    environment: Readonly<Record<string, string | undefined>>,
  ): Connection {
    const { type, connection } = configuration;
    const isAzure = String(type).startsWith("azure");
    const kind = isAzure ? AZURE : OPEN_AI;
    if (typeof connection === "string" && connection !== "") return this.forModel(connection, kind);
    const own = (field: string, variable: string) => {
      const value = configuration[field] ?? environment[variable];
      return typeof value === "string" && !value.startsWith("${") && value !== ""
        ? value
        : undefined;
    };
    const api_key = own("api_key", isAzure ? "AZURE_OPENAI_API_KEY" : "OPENAI_API_KEY");
    if (isAzure) {
      const api_base = own("azure_endpoint", "AZURE_OPENAI_ENDPOINT") ?? own("api_base", "");
      const api_version = own("api_version", "OPENAI_API_VERSION") ?? API_VERSION;
      if (!api_base || !api_key) return this.forModel(file, AZURE);
      return { type: AZURE, value: { api_key, api_base, api_type: "azure", api_version } };
    }
    if (!api_key) return this.forModel(file, OPEN_AI);
    const base_url = own("base_url", "OPENAI_BASE_URL");
    const organization = own("organization", "OPENAI_ORG_ID") ?? null;
    return { type: OPEN_AI, value: { api_key, organization, ...(base_url ? { base_url } : {}) } };
  }

  /** `${conn.api_key}` in an environment variable becomes the field of that connection. */
  resolveVariable(text: string): string {
    const [, name = "", field = ""] = /^\$\{([^.{}]+)\.([^{}]+)\}$/.exec(text) ?? [];
    const value = fieldOf(this.read(name), field);
    return value === undefined ? text : String(value);
  }

  #offlineType(): string {
    return this.#offline.url.endsWith("/v1") ? OPEN_AI : AZURE;
  }
}

function fieldOf(connection: Connection | undefined, field: string): unknown {
  const value = connection?.value ?? {};
  const holders = [value, value.configs, value.secrets].filter(isDict);
  return holders.find((held) => field in held)?.[field];
}

/** A custom connection is written flat, and says apart which of its fields are secrets. */
function splitSecrets(value: Readonly<Record<string, unknown>>, secretKeys: readonly string[]) {
  if ("secrets" in value || "configs" in value) return value;
  const isSecret = ([key]: [string, unknown]) => secretKeys.includes(key);
  const entries = Object.entries(value);
  return {
    secrets: Object.fromEntries(entries.filter(isSecret)),
    configs: Object.fromEntries(entries.filter((entry) => !isSecret(entry))),
  };
}

/** What an engine is told about connections. */
export interface ConnectionOptions {
  readonly modelUrl: string;
  readonly modelKey?: string;
  readonly connections?: Readonly<Record<string, Connection>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** By name; those given win over those of the file that PROMPTFLOW_CONNECTIONS names. */
export function knownConnections({
  connections,
  env,
}: ConnectionOptions): Readonly<Record<string, Connection>> {
  const file = env?.PROMPTFLOW_CONNECTIONS;
  return { ...(file ? readConnectionsFile(file) : {}), ...connections };
}

export function offlineModel({ modelUrl, modelKey }: ConnectionOptions): OfflineModel {
  return { url: modelUrl.replace(/\/+$/, ""), key: modelKey ?? "offline" };
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
