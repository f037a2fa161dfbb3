import type { PipelineEvent } from "#domain/events.ts";
import { suffixOf } from "#domain/naming.ts";

export interface SeenRequest {
  readonly n: number;
  readonly at: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly status: number | null;
}

export interface InventoryItem {
  readonly kind: string;
  readonly name: string;
  readonly workspace: string;
  readonly scope?: string;
  readonly principalId?: string;
  readonly state: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: string;
}

/** Where the parts are that have a back door; both the shared stack and one of a test's own fit. */
export interface Place {
  readonly azureMl: string;
  readonly eventGrid: string;
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly workspace: string;
}

/** What the emulators saw and hold, and how to break them. Ask by names of the test's own, for other tests use them too. */
export function backDoorAt(place: Place) {
  const { azureMl, eventGrid } = place;

  async function requests(after = 0): Promise<readonly SeenRequest[]> {
    return (await json<Items<SeenRequest>>(`${azureMl}/_emulator/requests?after=${after}`)).items;
  }
  const inventory = async () =>
    (await json<Items<InventoryItem>>(`${azureMl}/_emulator/inventory`)).items;

  return {
    requests,
    inventory,

    /** The number of the newest request, to ask for those after it. */
    lastRequest: async () => (await requests()).at(-1)?.n ?? 0,

    /** Everything of Azure ML that carries the name of the app or of one of its pipelines. */
    async inventoryOf(app: string, ids: readonly string[] = []): Promise<readonly InventoryItem[]> {
      // Another test's app may have this one's name within its own.
      const named = new RegExp(
        `(^|/)${app}(-[0-9a-f]{12}|-model|-endpoint)?($|[:/]|-(base|evaluation)-)`,
      );
      const suffixes = ids.map(suffixOf);
      const isOurs = (text: string) =>
        named.test(text) || suffixes.some((suffix) => text.includes(suffix));
      const all = await inventory();
      return all.filter(({ name, scope = "", tags }) =>
        [name, scope, ...Object.values(tags)].some(isOurs),
      );
    },

    /** In order of receipt. */
    async eventsOf(app: string): Promise<readonly PipelineEvent[]> {
      const { items } = await json<Items<PipelineEvent>>(`${eventGrid}/_emulator/events`);
      return items.filter(({ source }) => source === `/flowgate/${app}`);
    },

    /** Let `path` or `match` name something of the test's own, and `times` be as many as are used up. */
    breakAzureMl: (fault: Readonly<Record<string, unknown>>) => addFault(azureMl, fault),
    breakEventGrid: (fault: Readonly<Record<string, unknown>>) => addFault(eventGrid, fault),
    /** Those of Azure ML with one of these paths that are not used up. */
    async faultsOn(paths: readonly string[]): Promise<readonly string[]> {
      const { items } = await json<Items<{ path?: string }>>(`${azureMl}/_emulator/faults`);
      return items.flatMap(({ path = "" }) => (paths.includes(path) ? [path] : []));
    },

    /** Asks a deployed endpoint as its users do, with its key. */
    async score(endpoint: string, scoringUri: string, question: unknown): Promise<unknown> {
      const token = await armToken(azureMl);
      const { primaryKey } = await json<{ primaryKey: string }>(
        `${azureMl}${workspacePath(place)}/onlineEndpoints/${endpoint}/listKeys?api-version=2022-10-01`,
        { method: "POST", headers: { authorization: `Bearer ${token}` } },
      );
      return json(scoringUri, {
        method: "POST",
        headers: { authorization: `Bearer ${primaryKey}`, "content-type": "application/json" },
        body: JSON.stringify(question),
      });
    },

    /** One resource below the workspace, as ARM answers it. */
    async arm<Body>(path: string): Promise<Body> {
      const token = await armToken(azureMl);
      return json<Body>(`${azureMl}${workspacePath(place)}/${path}?api-version=2024-04-01`, {
        headers: { authorization: `Bearer ${token}` },
      });
    },
  };
}

interface Items<Item> {
  readonly items: readonly Item[];
}

async function addFault(emulator: string, fault: unknown): Promise<void> {
  await json(`${emulator}/_emulator/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fault),
  });
}

async function armToken(azureMl: string): Promise<string> {
  const { token } = await json<{ token: string }>(`${azureMl}/_emulator/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ audience: "https://management.azure.com" }),
  });
  return token;
}

function workspacePath({ subscription, resourceGroup, workspace }: Place): string {
  return `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${workspace}`;
}

async function json<Body>(url: string, init?: RequestInit): Promise<Body> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Body;
}
