import { parseEntityId } from "./entity-id.ts";
import { timestamp } from "./events.ts";
import { empty, json, message } from "./http-answers.ts";
import { dateOf, pageHeaders, pageOf } from "./http-paging.ts";
import type { Operations } from "./operations.ts";
import { valueText } from "./status.ts";
import type { Entity } from "./store/entities.ts";

/** .NET reports this exception with its two arguments in the wrong places. */
const BAD_KEY =
  "entityKey (Parameter 'Entity keys must not contain /, \\, #, ?, or control characters.')";

/** The management API below `entities/`: `path` is name and key, both may be missing. */
export async function answerEntities(
  operations: Operations,
  request: Request,
  path: readonly string[],
): Promise<Response> {
  const [name = "", key = ""] = path;
  if (path.length > 2) return empty(404);
  switch (request.method) {
    case "GET":
      return key === "" ? list(operations, request, name) : read(operations, name, key);
    case "POST":
    case "DELETE":
      return signal(operations, request, name, key);
    default:
      return empty(404);
  }
}

function read(operations: Operations, name: string, key: string): Response {
  // The only way to name an empty key in a path.
  const state = operations.readEntity({ name, key: key === "$" ? "" : key });
  return state === undefined ? empty(404) : json(state);
}

function list(operations: Operations, request: Request, name: string): Response {
  const query = new URL(request.url).searchParams;
  const { size, fromId } = pageOf(request, query);
  const found = operations.listEntities({
    idPrefix: name === "" ? "@" : `@${name.toLowerCase()}@`,
    updatedFrom: dateOf(query, "lastOperationTimeFrom"),
    updatedTo: dateOf(query, "lastOperationTimeTo"),
    fromId,
    top: size + 1,
  });
  const withState = query.get("fetchState")?.toLowerCase() === "true";
  const texts = found.slice(0, size).map((entity) => entityText(entity, withState));
  return json(`[${texts.join(",")}]`, 200, pageHeaders(found[size]));
}

function entityText({ id, state, updatedAt }: Entity, withState: boolean): string {
  const entityId = JSON.stringify(parseEntityId(id));
  const shown = withState ? valueText(state) : "null";
  return `{"entityId":${entityId},"lastOperationTime":"${timestamp(updatedAt)}","state":${shown}}`;
}

async function signal(
  operations: Operations,
  request: Request,
  name: string,
  key: string,
): Promise<Response> {
  if (name === "") {
    return message(400, "Invalid entity id: entity name must not be a null or empty string.");
  }
  if (/[/\\#?\p{Cc}]/u.test(key)) return message(400, BAD_KEY);
  const operation =
    request.method === "DELETE" ? "delete" : (new URL(request.url).searchParams.get("op") ?? "");
  const body = await request.text();
  const input = inputOf(body, request.headers.get("content-type") ?? "");
  if (input instanceof Error) {
    return message(400, `Could not parse JSON content: ${input.message}`);
  }
  const problem = operations.signalEntity({ name, key }, operation, input);
  return problem === undefined ? empty(202) : message(400, problem);
}

/** JSON text: a body of another type is a string. */
function inputOf(body: string, contentType: string): string | null | Error {
  if (body === "") return null;
  if (!/^application\/json\s*(;|$)/i.test(contentType)) return JSON.stringify(body);
  try {
    return JSON.stringify(JSON.parse(body));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
