import { timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import { type CloudEvent, problemOf } from "./cloud-events.ts";

export interface TopicOptions {
  readonly key: string;
  /** Called with valid events only, in their order; all of one request or none. */
  readonly accept: (topic: string, events: readonly CloudEvent[]) => void;
}

const MAX_BYTES = 1_048_576;
const MAX_EVENTS = 5_000;
const BATCH = "application/cloudevents-batch+json";
const SINGLE = "application/cloudevents+json";
const SCHEMA =
  "This resource is configured to receive event in 'CloudEventV10' schema. The JSON received does not conform to the expected schema.";

/**
 * The publishing side of a custom topic with input schema CloudEvents 1.0. Every topic name exists.
 * Source: Event Grid data plane, api-version 2018-01-01, `POST {topic}/api/events`.
 */
export function createTopic({ key, accept }: TopicOptions): Hono {
  const app = new Hono();
  app.post("/topics/:topic/api/events", async (c) => {
    const presented = c.req.header("aeg-sas-key");
    if (presented === undefined) {
      return refuse(
        401,
        "Request must contain one of the following authorization signature: aeg-sas-token, aeg-sas-key.",
      );
    }
    if (!sameText(presented, key)) {
      return refuse(
        401,
        `The request authorization key is not authorized for ${c.req.header("host")}.`,
      );
    }
    if (!c.req.query("api-version")) {
      return refuse(
        400,
        "The api-version query parameter is required, e.g. api-version=2018-01-01.",
      );
    }
    const bytes = await readUpTo(c.req.raw, MAX_BYTES);
    if (bytes === undefined) {
      return refuse(413, `The maximum size (${MAX_BYTES}) of a request has been exceeded.`);
    }
    const events = readEvents(c.req.header("content-type"), bytes);
    if (typeof events === "string") return refuse(400, events);
    accept(c.req.param("topic"), events);
    return c.body(null, 200);
  });
  app.notFound((c) => refuse(404, `There is nothing at ${c.req.method} ${c.req.path}.`));
  return app;
}

/** A sentence when the body is not what its content type says. */
function readEvents(contentType: string | undefined, bytes: Uint8Array): CloudEvent[] | string {
  const type = contentType?.split(";")[0]?.trim().toLowerCase();
  if (type !== BATCH && type !== SINGLE) {
    return `${SCHEMA} The content type has to be ${BATCH} or ${SINGLE}.`;
  }
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return `${SCHEMA} The body is not JSON.`;
  }
  if (Array.isArray(body) !== (type === BATCH)) {
    return `${SCHEMA} With ${type} the body is ${type === BATCH ? "an array" : "one object"}.`;
  }
  const events: unknown[] = Array.isArray(body) ? body : [body];
  if (events.length > MAX_EVENTS) return `A request holds at most ${MAX_EVENTS} events.`;
  for (const [index, event] of events.entries()) {
    const problem = problemOf(event);
    if (problem) return `${SCHEMA} Event ${index}: ${problem}`;
  }
  return events as CloudEvent[];
}

/** Stops reading at the limit, so that a huge body costs nothing. */
async function readUpTo(request: Request, limit: number): Promise<Uint8Array | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > limit) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const CODES = { 400: "BadRequest", 401: "Unauthorized", 404: "NotFound", 413: "PayloadTooLarge" };

function refuse(status: keyof typeof CODES, message: string): Response {
  const code = CODES[status];
  return Response.json({ error: { code, message, details: [{ code, message }] } }, { status });
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
