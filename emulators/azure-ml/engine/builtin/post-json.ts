import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request,
} from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";

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
  // As text it leaves in one piece with the headers.
  const content = JSON.stringify(body);
  const own = { "content-type": "application/json", "content-length": Buffer.byteLength(content) };
  const options = { method: "POST", headers: { ...own, ...headers }, signal };
  const response = await answerTo(begin(new URL(url), options), content);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: await textOf(response),
  };
}

function begin(url: URL, options: RequestOptions): ClientRequest {
  return url.protocol === "https:"
    ? secureRequest(url, { ...options, agent: secure })
    : request(url, { ...options, agent: plain });
}

function answerTo(asking: ClientRequest, content: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asking.once("response", resolve);
    asking.on("error", reject);
    asking.end(content);
  });
}

function textOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (piece: string) => {
      text += piece;
    });
    response.once("end", () => resolve(text));
    response.once("error", reject);
  });
}
