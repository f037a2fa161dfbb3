import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const [size = 0] = process.argv.slice(2).map(Number);

/** Three of four lines are graded right. */
function record(run: string, index: number) {
  const output =
    run === "base"
      ? { answer: `QUESTION NUMBER ${index}` }
      : { grade: index % 4 === 3 ? "Incorrect" : "Correct" };
  return { index, status: "Completed", output, error: null };
}

// A prompt flow service that knows nothing but the lines of two runs, `base` and `evaluation`, in no order.
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://127.0.0.1");
  const [, run = "", call] = /BulkRuns\/([^/]+)\/([^/]+)$/.exec(pathname) ?? [];
  response.setHeader("content-type", "application/json");
  if (call !== "childRuns") {
    response.end('"one line\\n"');
    return;
  }
  const first = Number(searchParams.get("startIndex"));
  const last = Math.min(Number(searchParams.get("endIndex")), size - 1);
  const records = [];
  for (let index = last; index >= first; index -= 1) records.push(record(run, index));
  response.end(JSON.stringify(records));
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ ready: `http://127.0.0.1:${port}` });
});
