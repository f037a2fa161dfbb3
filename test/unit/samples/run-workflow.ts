import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { type Emulator, serve } from "#emulators/kit/serve.ts";

const WORKFLOW = "samples/github/flowgate.yml";

interface Step {
  readonly uses?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string | number>>;
  readonly run?: string;
}

export interface Workflow {
  readonly on: { readonly push: object; readonly pull_request_target?: object };
  readonly permissions: object;
  readonly jobs: { readonly gate: { readonly steps: readonly Step[] } };
}

export async function readWorkflow(): Promise<Workflow> {
  return load(await readFile(WORKFLOW, "utf8")) as Workflow;
}

/** The step with the script. */
export async function readScript(): Promise<Step & { readonly run: string }> {
  const { jobs } = await readWorkflow();
  const step = jobs.gate.steps.find(({ run }) => run !== undefined);
  if (step?.run === undefined) throw new Error(`${WORKFLOW} has no step with run.`);
  return { ...step, run: step.run };
}

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  readonly body: Buffer;
}

export interface Flowgate extends Emulator {
  readonly seen: readonly Seen[];
}

type Answers = Readonly<Record<string, () => Response>>;

export const DIGEST = `sha256:${"ab".repeat(32)}`;
export const ID = "web-classification-7f3a9c21d0b4";

/** Answers each `METHOD path` as told; PUT and POST are accepted unless told otherwise. */
export async function startFlowgate(answers: Answers): Promise<Flowgate> {
  const seen: Seen[] = [];
  const all: Answers = {
    "PUT /api/apps/web-classification/bundles": () =>
      Response.json({ app: "web-classification", digest: DIGEST }, { status: 201 }),
    "POST /api/pipelines": () => Response.json({ id: ID, status: "running" }, { status: 202 }),
    ...answers,
  };
  const server = await serve(async (request) => {
    const { pathname: path } = new URL(request.url);
    const key = request.headers.get("x-functions-key");
    seen.push({
      method: request.method,
      path,
      key,
      body: Buffer.from(await request.arrayBuffer()),
    });
    return all[`${request.method} ${path}`]?.() ?? new Response("nothing here", { status: 404 });
  });
  return { ...server, url: server.url, seen, [Symbol.asyncDispose]: server[Symbol.asyncDispose] };
}

export interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly summary: string;
}

/** Runs the script as the runner does, in a folder that has the app; `onLine` sees what it prints. */
export async function runScript(
  url: string,
  env: Readonly<Record<string, string>> = {},
  onLine: (line: string, interrupt: () => void) => void = () => {},
): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), "workflow-"));
  try {
    const { run } = await readScript();
    await writeFile(join(folder, "script.sh"), run);
    const { promise, resolve } = Promise.withResolvers<number | null>();
    const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "script.sh"], {
      cwd: folder,
      env: { ...environment(url, folder), ...env },
    });
    let output = "";
    const listen = (text: Buffer) => {
      output += text;
      onLine(String(text), () => child.kill("SIGINT"));
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("close", resolve);
    const code = await promise;
    const summary = await readFile(join(folder, "summary.md"), "utf8").catch(() => "");
    return { code, output, summary };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function environment(url: string, folder: string): Readonly<Record<string, string>> {
  return {
    // biome-ignore lint/style/noProcessEnv: the script needs to find bash, curl, jq and zip.
    PATH: process.env.PATH ?? "",
    NO_PROXY: "127.0.0.1",
    APP: "web-classification",
    APP_FOLDER: join(process.cwd(), "samples/web-classification"),
    FLOWGATE_URL: url,
    FLOWGATE_KEY: "the-key",
    EVALUATE_ONLY: "",
    DEADLINE_MINUTES: "5",
    POLL_SECONDS: "0",
    POLL_MOST_SECONDS: "0",
    RETRY_SECONDS: "0",
    GITHUB_STEP_SUMMARY: join(folder, "summary.md"),
    GITHUB_REPOSITORY: "octo/pages",
    GITHUB_SHA: "0123456789012345678901234567890123456789",
    GITHUB_REF: "refs/heads/main",
    GITHUB_ACTOR: "octocat",
    GITHUB_SERVER_URL: "https://github.example",
    GITHUB_RUN_ID: "42",
    GITHUB_RUN_ATTEMPT: "2",
  };
}
