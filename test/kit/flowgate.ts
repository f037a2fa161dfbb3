import { setTimeout as sleep } from "node:timers/promises";
import type { Zippable } from "fflate";
import type { BundleFiles } from "#domain/bundle/bundle.ts";
import type { Pipeline, Row } from "#domain/pipeline.ts";
import { zipOf } from "./app-folder.ts";

/** One answer of the API as it came; `body` is parsed where it is JSON, else text. */
export interface ApiAnswer<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export interface UploadedBundle {
  readonly app: string;
  readonly digest: string;
  readonly files: number;
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** The body of `POST /api/pipelines`; nothing is checked here, so that tests may send what is wrong. */
export type StartRequest = Readonly<Record<string, unknown>>;

const POLL_MS = 150;
const PATIENCE_MS = 200_000;

/**
 * Flowgate's HTTP API, raw. `url` is that of the Functions host, without a trailing slash; `pause` is what happens
 * between two looks at something that is followed, and `patienceMs` how long it is followed at most.
 */
export function flowgateAt(
  url: string,
  pause: () => Promise<unknown> = () => sleep(POLL_MS),
  patienceMs = PATIENCE_MS,
) {
  async function call<Body>(path: string, init: RequestInit = {}): Promise<ApiAnswer<Body>> {
    const response = await fetch(`${url}/api${path}`, init);
    const text = await response.text();
    const isJson = /^application\/([a-z]+\+)?json\b/.test(
      response.headers.get("content-type") ?? "",
    );
    const body: unknown = isJson ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body: body as Body };
  }

  const upload = (app: string, files: BundleFiles | Zippable) =>
    call<UploadedBundle>(`/apps/${app}/bundles`, {
      method: "PUT",
      headers: { "content-type": "application/zip" },
      body: new Uint8Array(zipOf(files)),
    });
  const start = (request: StartRequest) =>
    call<Pipeline>("/pipelines", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
  const read = (id: string) => call<Pipeline>(`/pipelines/${id}`);
  const list = (query: Readonly<Record<string, string>> = {}) =>
    call<Page<Pipeline>>(`/pipelines?${new URLSearchParams(query)}`);

  /** Reads until `ended` says so (status has left `running` by default); gives up when patience ends. */
  async function follow(
    id: string,
    ended = (pipeline: Pipeline) => pipeline.status !== "running",
  ): Promise<Pipeline> {
    let last: ApiAnswer<Pipeline> | null = null;
    for (const end = Date.now() + patienceMs; Date.now() < end; await pause()) {
      last = await read(id);
      if (last.status === 200 && ended(last.body)) return last.body;
    }
    throw new Error(`${id} did not get there: ${last?.status} ${JSON.stringify(last?.body)}`);
  }

  return {
    call,
    upload,
    start,
    read,
    list,
    follow,

    /** Uploads, starts and follows to the end; an answer that is not as it is when all goes well throws. */
    async run(
      app: string,
      files: BundleFiles | Zippable,
      request: StartRequest = {},
    ): Promise<Pipeline> {
      const bundle = wanted(await upload(app, files), [200, 201]).digest;
      const { id } = wanted(await start({ app, bundle, ...request }), [200, 202]);
      return follow(id);
    },

    cancel: (id: string, body: Readonly<Record<string, unknown>> = {}) =>
      call(`/pipelines/${id}/cancel`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),

    rows: (id: string, query: Readonly<Record<string, string>> = {}) =>
      call<Page<Row>>(`/pipelines/${id}/rows?${new URLSearchParams(query)}`),

    async rowLines(id: string): Promise<ApiAnswer<readonly Row[]>> {
      const answer = await call<string>(`/pipelines/${id}/rows`, {
        headers: { accept: "application/jsonl" },
      });
      const lines = answer.body.split("\n").filter((line) => line !== "");
      return { ...answer, body: lines.map((line) => JSON.parse(line) as Row) };
    },

    /** The pipelines of an app, once there are `count`; gives up when patience ends. */
    async started(app: string, count = 1): Promise<readonly Pipeline[]> {
      for (const end = Date.now() + patienceMs; Date.now() < end; await pause()) {
        const { items } = wanted(await list({ app }), [200]);
        if (items.length >= count) return items;
      }
      throw new Error(`${app} did not get ${count} pipelines.`);
    },
  };
}

function wanted<Body>(answer: ApiAnswer<Body>, statuses: readonly number[]): Body {
  if (statuses.includes(answer.status)) return answer.body;
  throw new Error(`Flowgate answered ${answer.status}: ${JSON.stringify(answer.body)}`);
}
