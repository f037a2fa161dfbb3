import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

type Environment = Record<string, string | undefined>;

/**
 * Prepares this process's environment as Core Tools would: `local.settings.json` fills only what is missing, then come the
 * names that the host itself gives. Throws for a settings file that is not JSON.
 */
export function prepareEnvironment(environment: Environment, folder: string, port: number): void {
  for (const [name, value] of Object.entries(localSettings(folder))) environment[name] ??= value;
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

function localSettings(folder: string): Readonly<Record<string, string>> {
  const file = join(folder, "local.settings.json");
  if (!existsSync(file)) return {};
  try {
    const { Values = {} } = JSON.parse(readFileSync(file, "utf8")) as {
      Values?: Record<string, unknown>;
    };
    return Object.fromEntries(Object.entries(Values).map(([name, value]) => [name, String(value)]));
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** Puts settings in the place of `%NAME%`, as in routes and schedules; one that is not set stays as it is. */
export function resolveSettings(text: string, environment: Environment): string {
  return text.replace(/%([^%]+)%/g, (whole, name: string) => environment[name] ?? whole);
}
