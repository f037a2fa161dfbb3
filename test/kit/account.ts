import { TableClient } from "@azure/data-tables";
import type { Pipeline } from "#domain/pipeline.ts";
import { connectionStringOf } from "#emulators/azurite/start-azurite.ts";
import type { StackPlace, StackUrls } from "#emulators/stack/layout.ts";
import { backDoorAt } from "./back-door.ts";
import { flowgateAt } from "./flowgate.ts";

/** All that is to be found of one pipeline, wherever it is kept, as far as two good ones agree on it. */
export interface Account {
  readonly status: string;
  readonly stage: string;
  readonly verdict: string | null;
  readonly deployment: string | null;
  readonly error: string | null;
  /** Steps of the document that have not both times. */
  readonly openSteps: readonly string[];
  readonly failedSteps: readonly string[];
  /** Its status in the list of pipelines. */
  readonly listed: readonly string[];
  /** Kind and state of what the ledger has, and of what the document has. */
  readonly ledger: readonly string[];
  readonly resources: readonly string[];
  /** Who holds the app's endpoint. */
  readonly locks: readonly string[];
  readonly rows: readonly string[];
  /** Without repeats, by sequence. */
  readonly events: readonly string[];
  readonly runs: readonly string[];
  readonly models: readonly string[];
  /** Whether the deployment that the document names is the endpoint's only one, with all of its traffic. */
  readonly servesAlone: boolean;
  /** What of a test environment is in Azure ML. */
  readonly left: readonly string[];
}

const OF_TESTS = ["session", "runtime", "computeInstance"];

export async function accountOf(
  file: StackUrls & StackPlace,
  pipeline: Pipeline,
): Promise<Account> {
  const { id, app } = pipeline;
  const flowgate = flowgateAt(file.functions);
  const backDoor = backDoorAt(file);
  const { items } = (await flowgate.list({ app })).body;
  const ledger = await entitiesOf(file, `PartitionKey eq '${id}'`);
  const endpoint = `${app}-endpoint`;
  const locks = await entitiesOf(file, `PartitionKey eq 'endpoint' and RowKey eq '${endpoint}'`);
  const rows = (await flowgate.rows(id)).body.items;
  const made = await backDoor.inventoryOf(app, [id]);
  const namesOf = (...kinds: readonly string[]) =>
    made.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
  const events = (await backDoor.eventsOf(app)).filter(({ subject }) => subject.endsWith(`/${id}`));
  return {
    status: pipeline.status,
    stage: pipeline.stage,
    verdict: pipeline.verdict?.outcome ?? null,
    deployment: pipeline.deployment?.outcome ?? null,
    error: pipeline.error?.message ?? null,
    openSteps: stepsOf(
      pipeline,
      ({ startedAt, endedAt }) => startedAt === null || endedAt === null,
    ),
    failedSteps: stepsOf(pipeline, ({ status }) => status === "failed"),
    listed: items.filter((one) => one.id === id).map(({ status }) => status),
    ledger: statesOf(ledger),
    resources: statesOf(pipeline.resources),
    locks: locks.map(({ owner }) => String(owner)),
    rows: rows.map(({ line, outcome }) => `${line} ${outcome}`),
    events: unique(events.map(({ sequence, type }) => `${sequence} ${type}`)),
    runs: namesOf("run")
      .filter((name) => name.startsWith(id))
      .toSorted(),
    models: namesOf("model").toSorted(),
    servesAlone:
      same(pipeline.deployment?.traffic, { [pipeline.deployment?.deployment ?? ""]: 100 }) &&
      same(namesOf("deployment"), [pipeline.deployment?.deployment]),
    left: namesOf(...OF_TESTS),
  };
}

function stepsOf(
  { steps }: Pipeline,
  wanted: (step: Pipeline["steps"][number]) => boolean,
): readonly string[] {
  return steps.filter(wanted).map(({ name, status }) => `${name} ${status}`);
}

type Entity = Readonly<Record<string, unknown>>;

/** Rows of the ledger's table; the locks of endpoints are among them. */
export async function entitiesOf(file: StackUrls, filter: string): Promise<readonly Entity[]> {
  const options = { allowInsecureConnection: true };
  const table = TableClient.fromConnectionString(connectionStringOf(file), "ledger", options);
  const found: Entity[] = [];
  for await (const entity of table.listEntities({ queryOptions: { filter } })) found.push(entity);
  return found;
}

function statesOf(items: readonly { kind?: unknown; state?: unknown }[]): readonly string[] {
  return items.map(({ kind, state }) => `${kind} ${state}`).toSorted();
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted();
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
