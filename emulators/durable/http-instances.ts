import { empty, json } from "./http-answers.ts";
import { dateOf, pageHeaders, pageOf } from "./http-paging.ts";
import type { Operations } from "./operations.ts";
import { statusText } from "./status.ts";
import type { InstanceFilter } from "./store/instances.ts";

const KNOWN: readonly string[] = [
  "Pending",
  "Running",
  "Suspended",
  "Completed",
  "Failed",
  "Terminated",
];

/** Only these can be purged by filter; the extension drops any other from the filter, and then filters nothing. */
const PURGEABLE: readonly string[] = ["Completed", "Failed", "Terminated"];

/** A page of instances in order of id. Bad values of `top`, dates and statuses are ignored. */
export function listInstances(
  operations: Operations,
  request: Request,
  query: URLSearchParams,
): Response {
  const { size, fromId } = pageOf(request, query);
  const found = operations.list({
    ...filterOf(query, KNOWN),
    idPrefix: query.get("instanceIdPrefix") ?? undefined,
    fromId,
    top: size + 1,
  });
  const page = found.slice(0, size);
  const showInput = query.get("showInput")?.toLowerCase() !== "false";
  const body = `[${page.map((instance) => statusText(instance, { showInput })).join(",")}]`;
  return json(body, 200, pageHeaders(found[size]));
}

/** Purges by creation time and status; without a usable status also what still runs, as Azure does. */
export function purgeInstances(operations: Operations, query: URLSearchParams): Response {
  if (dateOf(query, "createdTimeFrom") === undefined) {
    return json(JSON.stringify("Please provide value for 'createdTimeFrom' parameter."), 400);
  }
  const found = operations.list(filterOf(query, PURGEABLE));
  if (found.length === 0) return empty(404);
  operations.purge(found.map(({ id }) => id));
  return json(JSON.stringify({ instancesDeleted: found.length }));
}

function filterOf(query: URLSearchParams, known: readonly string[]): InstanceFilter {
  const asked = (query.get("runtimeStatus") ?? "").toLowerCase().split(",");
  return {
    createdFrom: dateOf(query, "createdTimeFrom"),
    createdTo: dateOf(query, "createdTimeTo"),
    statuses: known.filter((status) => asked.includes(status.toLowerCase())),
  };
}
