import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TokenCredential } from "@azure/core-auth";
import { createAzureHttp } from "#azure/http.ts";
import { createMachineLearning } from "#azure/machine-learning.ts";

export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Parsed if it is JSON, else text. */
  readonly body: unknown;
}

export interface Literal {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown;
}

/** `reset` breaks the connection before an answer, `cut` in the middle of one. */
export type Reply = Literal | "reset" | "cut";

export interface LiteralAzure extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly Seen[];
}

export const workspace = { subscriptionId: "s", resourceGroup: "rg", workspace: "ws" };
export const WORKSPACE_PATH =
  "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws";

/** Answers with these replies in their order, the last one for ever; or as a function of the request. */
export async function literalAzure(
  replies: readonly Reply[] | ((seen: Seen) => Reply),
): Promise<LiteralAzure> {
  const seen: Seen[] = [];
  const next = (one: Seen): Reply =>
    typeof replies === "function"
      ? replies(one)
      : (replies[Math.min(seen.length, replies.length) - 1] ?? "reset");
  const server = createServer(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    const one = { method, path, headers, body: await bodyOf(request) };
    seen.push(one);
    const reply = next(one);
    if (reply === "reset") request.socket.resetAndDestroy();
    else if (reply === "cut") cut(request, response);
    else send(response, reply);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  if (text === "") return undefined;
  return request.headers["content-type"]?.includes("json") ? JSON.parse(text) : text;
}

function send(response: ServerResponse, { status = 200, headers, body }: Literal): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

function cut({ socket }: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
  response.write("{", () => socket.resetAndDestroy());
}

/** Its token is the audience that was asked for. */
export const credential: TokenCredential = {
  getToken: async (scopes) => ({
    token: String(scopes),
    expiresOnTimestamp: Number.MAX_SAFE_INTEGER,
  }),
};

/** Waits for nothing; what it would have waited is in `waits`. */
export function impatientHttp(waits: number[] = []) {
  return createAzureHttp(credential, async (ms) => waits.push(ms));
}

export const http = impatientHttp();

export function machineLearning({ url }: LiteralAzure, identity = credential) {
  return createMachineLearning(identity, workspace, url);
}

/** A workspace whose services are all on one server. */
export function discoverAt({ url }: LiteralAzure) {
  const at = { location: "here", flow: `${url}/flow`, history: `${url}/history` };
  return async () => ({ ...at, metric: `${url}/metric` });
}
