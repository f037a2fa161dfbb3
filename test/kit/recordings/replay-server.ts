import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { load } from "js-yaml";
import { type Interaction, parsed } from "./cassette.ts";
import { type Difference, differences, headerDifferences, keyOf } from "./compare.ts";

/** One request of ours beside the recorded one that answered it. */
export interface Exchange {
  /** Method, path and query, without what differs from run to run. */
  readonly request: string;
  /** `unrecorded`: the cassette has no such request; `early`: a look for a run that is submitted only later. */
  readonly outcome: "equal" | "different" | "unrecorded" | "early";
  readonly differences: readonly Difference[];
}

/** Answers what a cassette does not have, as where a recorder left out what is long; undefined is a 404. */
export type Otherwise = (
  request: string,
) => { readonly status: number; readonly answer?: string } | undefined;

export interface ReplayServer extends AsyncDisposable {
  readonly url: string;
  readonly exchanges: readonly Exchange[];
  /** What was recorded and never asked for. */
  unasked(): string[];
}

const BLOB_HOST = /^([^.]+)\.blob\.core\.windows\.net$/;
/** Left out of answers: they speak of the recorded bytes, not of ours. */
const NOT_REPLAYED = /^(content-length|content-encoding|transfer-encoding|connection|date)$/;

/**
 * Plays the answers of a cassette: each request gets the next recorded answer to the same method, path
 * and query, the last one again when there is no other. Every host of the recording is this server.
 */
export async function startReplay(
  interactions: readonly Interaction[],
  otherwise: Otherwise = () => undefined,
): Promise<ReplayServer> {
  const left = new Map<string, Interaction[]>();
  for (const interaction of interactions) {
    const key = keyOf(interaction.method, localPath(interaction.url));
    left.set(key, [...(left.get(key) ?? []), interaction]);
  }
  const asked = new Map<string, number>();
  const exchanges: Exchange[] = [];
  const submitted = new Set<unknown>();
  const toSubmit = new Set(interactions.filter(isSubmit).map(runOf));

  const server = createServer(async (request, response) => {
    const { method = "", url: path = "" } = request;
    const body = parsed(await textOf(request));
    const key = keyOf(method, path);
    const run = runOf({ body });
    if (path.endsWith("/rundata") && toSubmit.has(run) && !submitted.has(run)) {
      exchanges.push({ request: key, outcome: "early", differences: [] });
      return answer(response, 404, {}, "{}");
    }
    if (path.endsWith("/BulkRuns/submit")) submitted.add(run);
    const recorded = next(key, body);
    if (recorded === undefined) {
      exchanges.push({ request: key, outcome: "unrecorded", differences: [] });
      const other = otherwise(key);
      return answer(response, other?.status ?? 404, {}, localAnswer(other?.answer ?? "{}"));
    }
    const found = [
      ...bodyDifferences(key, body, recorded.body),
      ...headerDifferences(request.headers, recorded.sent),
    ];
    const outcome = found.length === 0 ? "equal" : "different";
    exchanges.push({ request: key, outcome, differences: found });
    return answer(response, recorded.status, recorded.headers, localAnswer(recorded.answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** Of several runs each has its own answers, told apart by what was asked. */
  function next(key: string, body: unknown): Interaction | undefined {
    const all = left.get(key) ?? [];
    const same = all.filter((one) => runOf(one) === runOf({ body }));
    const of = same.length > 0 ? same : all;
    const which = `${key} ${String(runOf(of[0] ?? { body: undefined }))}`;
    const count = asked.get(which) ?? 0;
    asked.set(which, count + 1);
    return of[Math.min(count, of.length - 1)];
  }

  function localAnswer(text: string): string {
    return text
      .replaceAll(/https:\/\/[a-z0-9.-]+\.azureml\.ms/g, `http://${host}`)
      .replace(/"endpoint": ?"core\.windows\.net"/, `"endpoint": "${host}"`)
      .replace(/"protocol": ?"https"/, '"protocol": "http"');
  }

  return {
    url: `http://${host}`,
    exchanges,
    unasked: () =>
      [...left].flatMap(([key, all]) => {
        const times = [...asked].filter(([which]) => which.startsWith(`${key} `));
        const count = times.reduce((sum, [, one]) => sum + one, 0);
        return all.slice(count).map(() => key);
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A flow's file is compared by what it says. */
function bodyDifferences(request: string, ours: unknown, recorded: unknown): Difference[] {
  const isYaml = /\.ya?ml$/.test(request);
  const read = (body: unknown) => (isYaml && typeof body === "string" ? load(body) : body);
  return differences(read(ours), read(recorded));
}

function isSubmit({ method, url }: Interaction): boolean {
  return method === "POST" && url.pathname.endsWith("/BulkRuns/submit");
}

function runOf({ body }: { readonly body: unknown }): unknown {
  return typeof body === "object" && body !== null && "runId" in body ? body.runId : undefined;
}

/** A blob's account is the first label of its host in Azure, the first segment of its path here. */
function localPath({ hostname, pathname, search }: URL): string {
  const account = BLOB_HOST.exec(hostname)?.[1];
  return account === undefined ? pathname + search : `/${account}${pathname}${search}`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function answer(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
): void {
  const kept = Object.entries(headers).filter(([name]) => !NOT_REPLAYED.test(name));
  response.writeHead(status, Object.fromEntries(kept));
  response.end(text);
}
