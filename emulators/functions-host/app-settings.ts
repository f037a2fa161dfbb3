import { join } from "node:path";
import { readJsonObject } from "./read-json.ts";

type Environment = Record<string, string | undefined>;

/**
 * Prepares this process's environment as Core Tools would: `local.settings.json` fills only what is missing, then come the
 * names that the host itself gives. Throws for a settings file that is not JSON.
 */
export function prepareEnvironment(environment: Environment, folder: string, port: number): void {
  for (const [name, value] of Object.entries(readLocalSettings(folder).values)) {
    environment[name] ??= value;
  }
  environment.FUNCTIONS_WORKER_RUNTIME ??= "node";
  environment.AZURE_FUNCTIONS_ENVIRONMENT ??= "Development";
  environment.FUNCTIONS_EXTENSION_VERSION ??= "~4";
  environment.AzureWebJobsScriptRoot ??= folder;
  // Without it the durable client points all its URLs at port 7071.
  environment.WEBSITE_HOSTNAME = `localhost:${port}`;
  for (const name of ["NO_PROXY", "no_proxy"]) {
    const listed = (environment[name] ?? "").split(",").filter(Boolean);
    const loopback = ["127.0.0.1", "localhost", "::1"].filter((host) => !listed.includes(host));
    environment[name] = [...listed, ...loopback].join(",");
  }
}

export interface LocalSettings {
  readonly values: Readonly<Record<string, string>>;
  /** What is for the host itself, such as `CORS`. */
  readonly host: Readonly<Record<string, unknown>>;
}

interface SettingsFile {
  readonly IsEncrypted?: unknown;
  readonly Values?: Readonly<Record<string, unknown>>;
  readonly Host?: Readonly<Record<string, unknown>>;
}

/** Reads `local.settings.json`; a missing file says nothing. Throws, naming it, when it cannot be used. */
export function readLocalSettings(folder: string): LocalSettings {
  const file = join(folder, "local.settings.json");
  const { IsEncrypted, Values = {}, Host = {} }: SettingsFile = readJsonObject(file) ?? {};
  if (IsEncrypted === true) {
    throw new Error(
      `${file} is encrypted, and only Core Tools on the machine that did it can read it. Run "func settings decrypt" in its folder.`,
    );
  }
  const values = Object.entries(Values).map(([name, value]) => {
    if (typeof value === "object") {
      throw new Error(`${file}: Values.${name} has to be text, as an environment variable is.`);
    }
    return [name, String(value)] as const;
  });
  return { values: Object.fromEntries(values), host: Host };
}

/** Puts settings in the place of `%NAME%`, as in routes and schedules; one that is not set stays as it is. */
export function resolveSettings(text: string, environment: Environment): string {
  return text.replace(/%([^%]+)%/g, (whole, name: string) => environment[name] ?? whole);
}
