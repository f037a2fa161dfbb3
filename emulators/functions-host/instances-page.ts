import { rewriteHistory } from "#emulators/durable/history-view.ts";
import type { Operations } from "#emulators/durable/operations.ts";
import type { RunningInstance, Wait } from "#emulators/durable/overview.ts";
import type { Instance } from "#emulators/durable/store/instances.ts";
import type { Listing } from "./home-page.ts";
import { escaped, htmlPage, link, list } from "./html.ts";

const LAST_EVENTS = 5;
const LONGEST_TEXT = 400;
const STATUS_PATH = "/runtime/webhooks/durabletask/instances/";
const STATUS_QUERY = "?showHistory=true&showHistoryOutput=true";

/** What a browser gets at `GET /`: the instances, if they may be seen, and the functions with links. */
export function instancesPage(
  listings: readonly Listing[],
  operations: Operations | undefined,
): Response {
  const instances = operations
    ? instancesOf(operations)
    : "<p>With --auth the instances are not shown here.</p>";
  return htmlPage("Azure Functions host emulator", `${instances}\n${functionsOf(listings)}`);
}

function instancesOf(operations: Operations): string {
  const { now, running, ended } = operations.overview();
  const sections = [
    "<h2>Running instances</h2>",
    ...running.map((one) => runningArticle(one, now)),
    ...(running.length === 0 ? ["<p>None.</p>"] : []),
    "<h2>Ended lately</h2>",
    ...ended.map((one) => endedArticle(one, now)),
    ...(ended.length === 0 ? ["<p>None yet.</p>"] : []),
  ];
  return sections.join("\n");
}

function runningArticle({ instance, history, waits, isDue }: RunningInstance, now: number): string {
  const { status, output, customStatus } = instance;
  const last = rewriteHistory(history, { showInput: false })
    .slice(-LAST_EVENTS)
    .map((event) => escaped(eventText(event)));
  return article(instance, now, [
    ...(status === "Suspended"
      ? [paragraph(`Suspended: ${shortened(output ?? "no reason")}`)]
      : []),
    ...(customStatus ? [paragraph(`Custom status ${shortened(customStatus)}`)] : []),
    ...(status === "Running" ? [paragraph(waitText(waits, isDue, now))] : []),
    ...(last.length > 0 ? [list(last)] : []),
  ]);
}

function eventText({ Timestamp, EventType, FunctionName, Name }: Record<string, unknown>): string {
  return [Timestamp, EventType, FunctionName ?? Name].filter(Boolean).join(" ");
}

function endedArticle(instance: Instance, now: number): string {
  const { output, status } = instance;
  const label = status === "Completed" ? "Output" : status === "Failed" ? "Error" : "Reason";
  const blocks = output === null ? [] : [paragraph(label), `<pre>${shortened(output)}</pre>`];
  return article(instance, now, blocks);
}

function article(instance: Instance, now: number, blocks: readonly string[]): string {
  const { id, name, status, createdAt, updatedAt } = instance;
  const times = `started ${ago(createdAt, now)}, last changed ${ago(updatedAt, now)}`;
  const title = `<b class="${status}">${status}</b> ${escaped(name)} ${link(statusUrl(id), id)}`;
  return `<article>${title}<br><small>${times}</small>\n${blocks.join("\n")}</article>`;
}

function paragraph(html: string): string {
  return `<p>${html}</p>`;
}

function waitText(waits: readonly Wait[], isDue: boolean, now: number): string {
  if (waits.length > 0) return `Waits for ${waits.map((one) => waitOf(one, now)).join("; ")}`;
  return isDue
    ? "Its next turn is due."
    : '<span class="problem">Waits for nothing that could come; the log says why.</span>';
}

function waitOf({ kind, name, since, until, instanceId }: Wait, now: number): string {
  const named = name === "" ? kind : `${kind} ${escaped(name)}`;
  const child = instanceId === undefined ? "" : ` ${link(statusUrl(instanceId), instanceId)}`;
  if (until !== undefined) return `${named} until ${new Date(until).toISOString()}`;
  return `${named}${child}${since === undefined ? "" : `, for ${duration(now - since)}`}`;
}

function statusUrl(id: string): string {
  return `${STATUS_PATH}${encodeURIComponent(id)}${STATUS_QUERY}`;
}

function functionsOf(listings: readonly Listing[]): string {
  const triggers = [...new Set(listings.map(({ trigger }) => trigger))].sort();
  const sections = triggers.map((trigger) => {
    const items = listings.filter((one) => one.trigger === trigger).map(functionItem);
    return `<h3>${escaped(trigger)}</h3>\n${list(items)}`;
  });
  return `<h2>Functions</h2>\n${sections.length > 0 ? sections.join("\n") : "<p>None.</p>"}`;
}

function functionItem({ name, methods, url = "", problem }: Listing): string {
  // Only what takes GET and has no parameters leads somewhere.
  const leads = methods.includes("GET") && !url.includes("{");
  const target = leads ? link(url) : escaped(url);
  const fault = problem ? ` <span class="problem">IN ERROR: ${escaped(problem)}</span>` : "";
  const verbs = methods.length > 0 ? ` <small>${escaped(methods.join(", "))}</small>` : "";
  return `<b>${escaped(name)}</b>${verbs} ${target}${fault}`;
}

function shortened(text: string): string {
  return escaped(text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)} …` : text);
}

function ago(at: number, now: number): string {
  return `<time title="${new Date(at).toISOString()}">${duration(now - at)} ago</time>`;
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
