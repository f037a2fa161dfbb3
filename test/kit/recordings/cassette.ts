import { load } from "js-yaml";
import { z } from "zod";

/** One exchange of a cassette. */
export interface Interaction {
  readonly method: string;
  readonly url: URL;
  /** Parsed if it is JSON, else text; undefined when there was none. */
  readonly body: unknown;
  /** Of the request, lower-case names. */
  readonly sent: Readonly<Record<string, string>>;
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: string;
}

const Text = z.union([z.string(), z.instanceof(Uint8Array)]).transform(asText);
const Body = z.union([Text, z.object({ string: Text.nullish() })]).nullish();
const Headers = z.record(z.string(), z.union([z.string(), z.array(z.string())])).nullish();

const Request = z.object({ method: z.string(), uri: z.url(), body: Body, headers: Headers });
/** Recorders of `requests` and of `httpx` write down different things. */
const Response = z.union([
  z.object({ status: z.object({ code: z.number() }), headers: Headers, body: Body }),
  z.object({ status_code: z.number(), headers: Headers, content: Body }),
]);
const Cassette = z.object({
  interactions: z.array(z.object({ request: Request, response: Response })),
});

/** The exchanges of a cassette in the YAML of VCR, in their order. */
export function readCassette(yaml: string): Interaction[] {
  return Cassette.parse(load(yaml)).interactions.map(({ request, response }) => ({
    method: request.method,
    url: new URL(request.uri),
    body: parsed(textOf(request.body)),
    sent: plain(request.headers ?? {}),
    status: "status" in response ? response.status.code : response.status_code,
    headers: plain(response.headers ?? {}),
    answer: textOf("status" in response ? response.body : response.content) ?? "",
  }));
}

function textOf(body: z.infer<typeof Body>): string | undefined {
  return (typeof body === "string" ? body : body?.string) ?? undefined;
}

function plain(headers: NonNullable<z.infer<typeof Headers>>): Record<string, string> {
  const entries = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), [value].flat().join(", ")] as const,
  );
  return Object.fromEntries(entries);
}

/** JSON where it is JSON, else the text as it is. */
export function parsed(text: string | undefined): unknown {
  if (text === undefined || text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function asText(content: string | Uint8Array): string {
  return typeof content === "string" ? content : new TextDecoder().decode(content);
}
