import { rewriteHistory } from "#emulators/durable/history-view.ts";
import type { Operations } from "#emulators/durable/operations.ts";
import type { Instance } from "#emulators/durable/store/instances.ts";
import { type Listing, listingText } from "./home-page.ts";

const MOST_INSTANCES = 50;
const LAST_EVENTS = 5;
const RUNNING = ["Pending", "Running", "Suspended"];

/** What a browser gets at `GET /`: the functions with links and, if they may be seen, the instances that run. */
export function instancesPage(
  listings: readonly Listing[],
  operations: Operations | undefined,
): Response {
  const instances = operations?.list({ statuses: RUNNING, top: MOST_INSTANCES }) ?? [];
  const running = operations
    ? `<h2>Running instances</h2>\n${instances.length === 0 ? "<p>None.</p>" : tableOf(instances, operations)}`
    : "<p>With --auth the instances are not shown here.</p>";
  const html = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Functions host emulator</title>
<h1>Azure Functions host emulator</h1>
<pre>${withLinks(escaped(listingText(listings)))}</pre>
${running}
</html>
`;
  return new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });
}

function tableOf(instances: readonly Instance[], operations: Operations): string {
  const rows = instances.map(({ id, name, status, customStatus, updatedAt }) => {
    const events = rewriteHistory(operations.history(id), { showInput: false });
    const last = events
      .slice(-LAST_EVENTS)
      .map(({ Timestamp, EventType, FunctionName, Name }) =>
        [Timestamp, EventType, FunctionName ?? Name].filter(Boolean).join(" "),
      );
    const cells = [id, name, status, customStatus ?? "", new Date(updatedAt).toISOString()];
    return `<tr>${cells.map(cell).join("")}<td>${last.map(escaped).join("<br>")}</td></tr>`;
  });
  const heads = ["Id", "Orchestrator", "State", "Custom status", "Updated", "Last events"];
  return `<table border="1"><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr>\n${rows.join("\n")}</table>`;
}

function cell(text: string): string {
  return `<td>${escaped(text)}</td>`;
}

/** Only what takes GET and has no parameters leads somewhere. */
function withLinks(html: string): string {
  return html.replace(/(?<=\[[A-Z,]*\bGET\b[A-Z,]*\] )http:[^\s{]+$/gm, (url) => {
    return `<a href="${url}">${url}</a>`;
  });
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
