import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startAzureMl } from "#emulators/azure-ml/start-azure-ml.ts";
import { startAzurite } from "#emulators/azurite/start-azurite.ts";
import { CLIENTS, type Client } from "./clients.ts";
import { ensureEnvironment } from "./ensure-environment.ts";
import { clientVariables } from "./variables.ts";

const ROOT = join(import.meta.dirname, "../..");
const SCRIPTS = join(ROOT, "emulators/azure-ml/clients");
const { env } = process;

const { positionals } = parseArgs({ allowPositionals: true });
const wanted = CLIENTS.filter(
  ({ script }) => positionals.length === 0 || positionals.some((word) => script.includes(word)),
);
if (wanted.length === 0) throw new Error(`No script is named like ${positionals.join(", ")}.`);
const python = env["FLOWGATE_PYTHON"] ?? "python3";
const folders = new Map<Client, string>();
for (const client of wanted) {
  folders.set(client, await ensureEnvironment(join(ROOT, "node_modules/.cache"), python, client));
}
await runAll();

/** Sets the exit code to 1 when a client was not content. */
async function runAll(): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), "clients-"));
  try {
    await using azurite = await startAzurite({ data: join(data, "azurite") });
    await using emulator = await startAzureMl({
      data: join(data, "azure-ml"),
      storage: azurite.connectionString,
      model: "http://127.0.0.1:1/v1",
      python,
      tls: 0,
    });
    const home = join(data, "home");
    await mkdir(home);
    const variables = clientVariables({
      proxy: emulator.urls?.["tls"] ?? "",
      authority: join(data, "azure-ml/tls/ca.pem"),
      home,
    });
    for (const client of wanted) {
      const code = await run(client, folders.get(client) ?? "", variables);
      process.stdout.write(`${client.script}: ${code === 0 ? "content" : `exit code ${code}`}\n`);
      if (code !== 0) process.exitCode = 1;
    }
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

async function run(
  { command, script }: Client,
  environment: string,
  variables: Readonly<Record<string, string>>,
): Promise<number | null> {
  process.stdout.write(`\n${script}\n`);
  const path = [join(environment, "bin"), env["PATH"]].join(":");
  const child = spawn(command, [join(SCRIPTS, script)], {
    cwd: ROOT,
    env: { ...withoutOthers(env), ...variables, PATH: path },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
}

/** Proxies and authorities of this machine would lead elsewhere. */
function withoutOthers(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = /proxy$|^AZURE_|^SSL_CERT|CA_BUNDLE$|CA_CERTS$/i;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !others.test(name)));
}
