import type { Context } from "hono";
import type { LineResult } from "#emulators/azure-ml/engine/engine.ts";

type Answer = Pick<LineResult, "outputs" | "streams">;

export type Form =
  | { readonly form: "json" }
  | { readonly form: "events"; readonly field: string }
  | { readonly form: "refused"; readonly status: 400 | 406; readonly message: string };

const EVENTS = "text/event-stream";
const JSON_TYPES = ["*/*", "application/json", "application/*"];

/** How the container answers what the caller accepts: JSON, or events when an output streams. */
export function chooseForm(accept: string | undefined, { streams = {} }: Answer): Form {
  const accepted = (accept ?? "*/*").split(",").map((type) => type.split(";")[0]?.trim() ?? "");
  const takesJson = accepted.some((type) => type === "" || JSON_TYPES.includes(type));
  const fields = Object.keys(streams);
  const [field] = fields;
  if (accepted.includes(EVENTS) && field !== undefined) {
    if (fields.length === 1) return { form: "events", field };
    const message = `Multiple stream output fields not supported: ${fields.join(", ")}. Let one output of the flow stream.`;
    return { form: "refused", status: 400, message };
  }
  if (takesJson) return { form: "json" };
  const supported = field === undefined ? "application/json" : `${EVENTS}, application/json`;
  const message = `Media type ${accepted.join(",")} in Accept header is not acceptable. Supported media type(s) - ${supported}`;
  return { form: "refused", status: 406, message };
}

/** One event with what does not stream, then one for every piece. */
export function eventStream(
  c: Context,
  field: string,
  { outputs, streams = {} }: Answer,
): Response {
  const { [field]: _streamed, ...others } = outputs ?? {};
  const events = (streams[field] ?? []).map((piece) => ({ [field]: piece }));
  const all = Object.keys(others).length > 0 ? [others, ...events] : events;
  c.header("content-type", `${EVENTS}; charset=utf-8`);
  return c.body(all.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""));
}
