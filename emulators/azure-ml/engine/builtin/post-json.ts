import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request,
} from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { text } from "node:stream/consumers";

export interface Posted {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

const plain = new Agent({ keepAlive: true });
const secure = new SecureAgent({ keepAlive: true });

/**
 * Posts JSON over connections that are kept. `fetch` does it with several times the work, which shows
 * when hundreds of lines a second ask a model.
 */
export async function postJson(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
  signal: AbortSignal,
): Promise<Posted> {
  const content = Buffer.from(JSON.stringify(body));
  const own = { "content-type": "application/json", "content-length": content.byteLength };
  const options = { method: "POST", headers: { ...own, ...headers }, signal };
  const response = await answerTo(begin(new URL(url), options), content);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: await text(response),
  };
}

function begin(url: URL, options: RequestOptions): ClientRequest {
  return url.protocol === "https:"
    ? secureRequest(url, { ...options, agent: secure })
    : request(url, { ...options, agent: plain });
}

function answerTo(asking: ClientRequest, content: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asking.once("response", resolve);
    asking.on("error", reject);
    asking.end(content);
  });
}
