import { createHash } from "node:crypto";

/** A workspace that is emulated, and where it lies. */
export interface Place {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly workspace: string;
  readonly location: string;
  /** GUID that follows from the three names, so it survives an empty data folder. */
  readonly workspaceId: string;
  /** ARM id of the workspace, with leading slash. */
  readonly id: string;
}

/** Directory of every caller and identity here. */
export const TENANT = "11111111-1111-1111-1111-111111111111";
/** Object id of whoever holds a token from `/_emulator/token`. */
export const CALLER = "22222222-2222-2222-2222-222222222222";

export const LOCATION = "westeurope";

export const WORKSPACE_PATH =
  "/subscriptions/:subscription/resourceGroups/:resourceGroup/providers/Microsoft.MachineLearningServices/workspaces/:workspace";

const DEFAULTS = {
  subscription: "00000000-0000-0000-0000-000000000001",
  resourceGroup: "flowgate",
  workspace: "local",
};

/** What is left out is as in `DEFAULTS`. */
export interface PlaceNames {
  readonly subscription?: string | undefined;
  readonly resourceGroup?: string | undefined;
  readonly workspace?: string | undefined;
}

/** The workspaces that are asked for, one at least. Throws for one that is asked for twice. */
export function createPlaces({
  workspaces = [{}],
  ...names
}: PlaceNames & { readonly workspaces?: readonly PlaceNames[] | undefined }): [Place, ...Place[]] {
  const [first = {}, ...others] = workspaces;
  const places: [Place, ...Place[]] = [createPlace({ ...names, ...first })];
  for (const other of others) {
    const place = createPlace({ ...names, ...other });
    if (places.some(({ workspaceId }) => workspaceId === place.workspaceId)) {
      throw new Error(`The workspace ${place.id} is named twice.`);
    }
    places.push(place);
  }
  return places;
}

function createPlace(names: PlaceNames): Place {
  const subscription = names.subscription ?? DEFAULTS.subscription;
  const resourceGroup = names.resourceGroup ?? DEFAULTS.resourceGroup;
  const workspace = names.workspace ?? DEFAULTS.workspace;
  for (const name of [subscription, resourceGroup, workspace]) {
    if (/^[\w().-]+$/.test(name)) continue;
    const message = `"${name}" is no name of a subscription, a resource group or a workspace: letters, digits, - and _ only.`;
    throw new Error(message);
  }
  const id = `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${workspace}`;
  return {
    subscription,
    resourceGroup,
    workspace,
    location: LOCATION,
    workspaceId: guidFrom(id.toLowerCase()),
    id,
  };
}

/** A GUID that is always the same for the same text. */
export function guidFrom(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
