import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pipeline } from "#domain/pipeline.ts";
import { entitiesOf } from "#kit/account.ts";
import type { SeenRequest } from "#kit/back-door.ts";
import { aNotingApp } from "#kit/crash-scenarios.ts";
import { FOUR_RIGHT } from "#kit/python-app.ts";
import { aSimulation } from "#kit/simulation.ts";
import { type Call, callsOf, PARTS, type Part } from "./fault-calls.ts";
import type { Injection } from "./injections.ts";
import type { Outcome } from "./outcome.ts";

/** `session` deploys for the first time, `compute-instance` over what serves already. */
export const SCENARIOS = ["session", "compute-instance"] as const;
export type Scenario = (typeof SCENARIOS)[number];

export type World = Awaited<ReturnType<typeof aWorld>>;
type Simulated = Awaited<ReturnType<typeof aSimulation>>;

/** A simulation in which one pipeline after another meets faults. */
export async function aWorld(scenario: Scenario) {
  const simulation = await aSimulation({ latency: "none", storageDoor: true });
  const notes = mkdtempSync(join(tmpdir(), "flowgate-faults-"));
  const { flowgate } = simulation;
  const doors = doorsOf(simulation);
  let version = 0;
  let app = "";
  let stable: string | null = null;

  /** Another version of the app, and what is done once it is uploaded. */
  async function run(kind: Scenario, uploaded = async () => {}): Promise<Pipeline> {
    version += 1;
    const files = aNotingApp(
      app,
      kind === "session" ? "session" : "rollout",
      join(notes, String(version)),
      version,
    );
    const { digest: bundle } = (await flowgate.upload(app, files)).body;
    await uploaded();
    return simulation.meanwhile(async () => {
      const { status, body } = await flowgate.start({ app, bundle, deploy: true });
      // It may have been accepted by a try whose answer was lost.
      if (![200, 202].includes(status))
        throw new Error(`POST was answered ${status}: ${JSON.stringify(body)}`);
      return flowgate.follow(body.id);
    });
  }

  /** An app that nothing was done to yet. */
  async function startAfresh(): Promise<void> {
    app = `faulty-${version}`;
    stable = null;
    if (scenario === "session") return;
    const { deployment } = await run("session");
    stable = deployment?.deployment ?? null;
  }

  return {
    /** The calls of a pipeline that nothing is done to. */
    async calls(): Promise<readonly Call[]> {
      await startAfresh();
      await doors.forget();
      const { deployment } = await run(scenario);
      stable = deployment?.deployment ?? null;
      return doors.calls();
    },

    /** One pipeline that meets them all. */
    async meet(injections: readonly Injection[]): Promise<Outcome> {
      if (scenario === "session" || stable === null) await startAfresh();
      const breakAll = async () => {
        for (const injection of injections) await doors.breaks(injection);
      };
      try {
        const { id } = await run(scenario, breakAll);
        await doors.repair();
        const pipeline = (await flowgate.read(id)).body;
        const asked = questionsIn(join(notes, String(version)));
        const outcome = await observe(simulation, { pipeline, stable, asked });
        if (pipeline.deployment?.outcome === "deployed") stable = pipeline.deployment.deployment;
        // An endpoint that was left between two deployments, or with both, is nothing to begin over.
        if (stable !== null && outcome.traffic[stable] !== 100) stable = null;
        if (outcome.deployments.length > 1) stable = null;
        return outcome;
      } finally {
        await doors.repair();
      }
    },

    /** The next pipeline is of another app: what this one left is not to be met again. */
    forget() {
      stable = null;
    },

    async [Symbol.asyncDispose]() {
      await simulation[Symbol.asyncDispose]();
      rmSync(notes, { recursive: true, force: true });
    },
  };
}

/** The back doors of all parts. */
function doorsOf({ azureMl, eventGrid, model, storageDoor }: Simulated) {
  const urls: Readonly<Record<Part, string>> = { azureMl, eventGrid, model, storage: storageDoor };
  const everywhere = (path: string) =>
    Promise.all(
      PARTS.map((part) => fetch(`${urls[part]}/_emulator/${path}`, { method: "DELETE" })),
    );
  return {
    forget: () => everywhere("requests"),
    repair: () => everywhere("faults"),

    async calls(): Promise<readonly Call[]> {
      const calls: Call[] = [];
      for (const part of PARTS) {
        const answer = await fetch(`${urls[part]}/_emulator/requests`);
        const { items } = (await answer.json()) as { items: readonly SeenRequest[] };
        calls.push(...callsOf(part, items));
      }
      return calls;
    },

    async breaks({ part, fault }: Injection): Promise<void> {
      const body = JSON.stringify(fault);
      const answer = await fetch(`${urls[part]}/_emulator/faults`, { method: "POST", body });
      if (!answer.ok) throw new Error(await answer.text());
    },
  };
}

/** The smoke request is no question of the dataset. */
function questionsIn(log: string): readonly number[] {
  const asked = existsSync(log) ? readFileSync(log, "utf8").split("\n") : [];
  return FOUR_RIGHT.map(({ question }) => asked.filter((line) => line === question).length);
}

const HAS_ENDED: ReadonlySet<string> = new Set(["Completed", "Failed", "Canceled"]);

interface EndpointBody {
  readonly properties: {
    readonly traffic: Readonly<Record<string, number>>;
    readonly scoringUri: string;
  };
}

async function observe(
  simulation: Simulated,
  known: Pick<Outcome, "pipeline" | "stable" | "asked">,
): Promise<Outcome> {
  const { flowgate, backDoor } = simulation;
  const { id, app } = known.pipeline;
  const endpoint = `${app}-endpoint`;
  const isLock = `PartitionKey eq 'endpoint' and RowKey eq '${endpoint}'`;
  const ledger = await entitiesOf(simulation, `PartitionKey eq '${id}'`);
  const locks = await entitiesOf(simulation, isLock);
  const listed = (await flowgate.list({ app })).body.items.filter((one) => one.id === id);
  const made = await backDoor.inventoryOf(app, [id]);
  const namesOf = (...kinds: readonly string[]) =>
    made.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
  const runs = made.filter(({ kind, name }) => kind === "run" && name.startsWith(id));
  const events = await backDoor.eventsOf(app);
  const told = events.filter(({ subject }) => subject.endsWith(`/${id}`));
  const isThere = namesOf("endpoint").length > 0;
  const path = `onlineEndpoints/${endpoint}`;
  const state = isThere ? (await backDoor.arm<EndpointBody>(path)).properties : undefined;
  const traffic = state?.traffic ?? {};
  const question = { question: "yew" };
  const ask = () => backDoor.score(endpoint, state?.scoringUri ?? "", question);
  const hasTraffic = Object.values(traffic).some((share) => share > 0);
  const answer = hasTraffic ? await ask().catch((error: unknown) => error) : undefined;
  return {
    ...known,
    listed: listed.map(({ status }) => status),
    ledger: ledger.map(({ kind, state: is, name }) => `${kind} ${is} ${name}`),
    locks: locks.map(({ owner }) => String(owner)),
    events: [...new Set(told.map(({ sequence, type }) => `${sequence} ${type}`))].toSorted(),
    left: namesOf("session", "runtime", "computeInstance"),
    runs: runs.map(({ name }) => name),
    running: runs.filter(({ state }) => !HAS_ENDED.has(state)).map(({ name }) => name),
    traffic,
    deployments: namesOf("deployment"),
    answer: answer instanceof Error ? String(answer) : JSON.stringify(answer),
  };
}
