import type { App } from "#domain/bundle/bundle.ts";
import { jsonObject } from "#domain/json-mistake.ts";
import { utf8Text } from "#domain/utf8-text.ts";
import { invalid } from "./yaml-fields.ts";

/** Where the manifest looks when it does not name another file. */
const DEFAULT_FILE = "deployment/sample-request.json";

export interface SmokeRequest {
  /** The flow's inputs. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Whether an answer may be quoted: it can repeat inputs, and those of a dataset are nobody's to show. */
  readonly mayQuote: boolean;
}

/**
 * The app's sample request; without one, the first row of the run's dataset mapped as the run maps it.
 * MANIFEST_INVALID when the file that the manifest names is not there or holds no JSON object.
 */
export function readSmokeRequest(app: App): SmokeRequest {
  const file = app.manifest.deploy.smoke;
  const source = app.files.get(file);
  if (source === undefined && file === DEFAULT_FILE) {
    return { inputs: firstRow(app), mayQuote: false };
  }
  if (source === undefined) {
    throw invalid([
      { file, message: "is not in the bundle; add it, or name another with deploy.smoke" },
    ]);
  }
  return { inputs: requireObject(file, source), mayQuote: true };
}

function requireObject(file: string, source: Uint8Array): Readonly<Record<string, unknown>> {
  const text = utf8Text(source);
  if (typeof text !== "string") throw invalid([{ file, ...text }]);
  const read = jsonObject(text);
  if ("value" in read) return read.value;
  throw invalid([{ file, line: read.line, message: `${read.message}, of the flow's inputs` }]);
}

function firstRow({ baseRun, files }: App): Readonly<Record<string, unknown>> {
  const source = baseRun.data === null ? undefined : files.get(baseRun.data);
  const line = new TextDecoder()
    .decode(source)
    .split(/\r?\n/)
    .find((text) => text.trim() !== "");
  const row = line === undefined ? undefined : objectIn(new TextEncoder().encode(line));
  if (row === undefined) return {};
  const mapped = Object.entries(baseRun.columnMapping).map(([input, from]) => {
    const [, column] = /^\$\{data\.([^{}]+)\}$/.exec(from) ?? [];
    return [input, column === undefined ? from : row[column]];
  });
  // Columns that are not mapped reach inputs of the same name.
  return { ...row, ...Object.fromEntries(mapped) };
}

function objectIn(source: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const text = utf8Text(source);
  const read = typeof text === "string" ? jsonObject(text) : undefined;
  return read !== undefined && "value" in read ? read.value : undefined;
}

const MAX_QUOTE = 200;

/** What came back from a scoring call; `reason` is what the front end says of the container's error. */
export interface ScoringAnswer {
  readonly status: number;
  readonly text: string;
  readonly reason: string | null;
  /** The front end's own id of the request, else ours. */
  readonly requestId: string;
}

/** Good is only a 200 with a JSON object that has at least one output that is not null. */
export function judgeAnswer(
  answer: ScoringAnswer,
  mayQuote: boolean,
): { readonly ok: boolean; readonly message: string } {
  const { ok, message } = judge(answer, mayQuote);
  return { ok, message: ok ? message : `${message} (request ${answer.requestId})` };
}

function judge({ status, text, reason }: ScoringAnswer, mayQuote: boolean) {
  const quote = (words: string) => {
    const short = words.trim().slice(0, MAX_QUOTE);
    return mayQuote && short !== "" ? `: ${short}` : "";
  };
  if (status !== 200) {
    return { ok: false, message: `answered ${status}${quote(errorIn(text) ?? reason ?? text)}` };
  }
  const outputs = objectIn(new TextEncoder().encode(text));
  if (outputs === undefined) {
    return { ok: false, message: `answered 200 without a JSON object${quote(text)}` };
  }
  const names = Object.keys(outputs);
  const filled = names.filter((name) => outputs[name] !== null);
  if (filled.length === 0) {
    const what = names.length === 0 ? "no outputs" : `only nulls (${names.join(", ")})`;
    return { ok: false, message: `answered 200 with ${what}`.slice(0, MAX_QUOTE) };
  }
  return { ok: true, message: `answered 200 with ${filled.join(", ")}`.slice(0, MAX_QUOTE) };
}

/** Prompt flow's own words, where it had some. */
function errorIn(text: string): string | undefined {
  const error = objectIn(new TextEncoder().encode(text))?.error;
  if (typeof error !== "object" || error === null || !("message" in error)) return undefined;
  return String(error.message);
}
