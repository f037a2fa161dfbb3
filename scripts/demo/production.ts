/** What is really there, seen through Azure ML's own API and the emulators' back door. */
export interface Place {
  readonly azureMl: string;
  readonly eventGrid: string;
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly workspace: string;
}

interface InventoryItem {
  readonly kind: string;
  readonly name: string;
  readonly state: string;
}

export interface CloudEvent {
  readonly type: string;
  readonly subject: string;
  readonly sequence: string;
}

async function json<Body>(url: string, init?: RequestInit): Promise<Body> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Body;
}

export async function inventory({ azureMl }: Place): Promise<readonly InventoryItem[]> {
  return (await json<{ items: InventoryItem[] }>(`${azureMl}/_emulator/inventory`)).items;
}

export async function publishedEvents({ eventGrid }: Place): Promise<readonly CloudEvent[]> {
  return (await json<{ items: CloudEvent[] }>(`${eventGrid}/_emulator/events`)).items;
}

/** Asks the deployed endpoint as its users do: with its key. */
export async function ask(
  place: Place,
  endpoint: string,
  scoringUri: string,
  question: unknown,
): Promise<unknown> {
  const { token } = await json<{ token: string }>(`${place.azureMl}/_emulator/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ audience: "https://management.azure.com" }),
  });
  const { subscription, resourceGroup, workspace } = place;
  const path = `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${workspace}/onlineEndpoints/${endpoint}/listKeys?api-version=2022-10-01`;
  const { primaryKey } = await json<{ primaryKey: string }>(`${place.azureMl}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  return json(scoringUri, {
    method: "POST",
    headers: { authorization: `Bearer ${primaryKey}`, "content-type": "application/json" },
    body: JSON.stringify(question),
  });
}
