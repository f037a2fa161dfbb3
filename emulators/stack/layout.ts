/** In the order in which they start; they stop in the opposite one. */
export const PART_NAMES = ["azurite", "model", "azureMl", "eventGrid", "functions"] as const;

export type PartName = (typeof PART_NAMES)[number];

export const PART_TITLES: Readonly<Record<PartName, string>> = {
  azurite: "Azurite",
  model: "the model",
  azureMl: "Azure ML",
  eventGrid: "Event Grid",
  functions: "the Functions host",
};

export interface StackPorts {
  readonly functions: number;
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
  readonly azureMl: number;
  readonly eventGrid: number;
  readonly model: number;
}

/** URLs have no trailing slash. */
export interface StackUrls {
  readonly functions: string;
  /** This and the two below include Azurite's account. */
  readonly blob: string;
  readonly queue: string;
  readonly table: string;
  readonly azureMl: string;
  readonly eventGrid: string;
  readonly model: string;
}

/** The workspace that the settings name, and the topic. */
export interface StackPlace {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly workspace: string;
  readonly topic: string;
}

/** Process ids; null for a part that this stack does not run. */
export type StackPids = Readonly<Record<PartName, number | null>>;

/** Azure ML for stock clients of Azure, where it was asked for. */
export interface FrontDoor {
  /** `https://localhost:7084`; the same port is an HTTP proxy for the names of Azure. */
  readonly url: string;
  /** File with the certificate to trust. */
  readonly authority: string;
}

/** `<data>/stack.json`: there while the stack is ready. */
export interface StackFile extends StackUrls, StackPlace {
  /** Of the supervisor. */
  readonly pid: number;
  readonly pids: StackPids;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly tls?: FrontDoor;
}

export const CONTAINERS = ["bundles", "test-data", "results"] as const;
export const TABLES = ["pipelines", "ledger"] as const;

export function urlsOf(ports: StackPorts): StackUrls {
  const at = (port: number) => `http://127.0.0.1:${port}`;
  return {
    functions: at(ports.functions),
    blob: `${at(ports.blob)}/devstoreaccount1`,
    queue: `${at(ports.queue)}/devstoreaccount1`,
    table: `${at(ports.table)}/devstoreaccount1`,
    azureMl: at(ports.azureMl),
    eventGrid: at(ports.eventGrid),
    model: at(ports.model),
  };
}
