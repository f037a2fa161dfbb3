import { setTimeout as sleep } from "node:timers/promises";

/** The parts of a pipeline document that the demo shows. */
export interface PipelineDocument {
  readonly id: string;
  readonly app: string;
  readonly trigger: string;
  readonly status: string;
  readonly stage: string;
  readonly verdict: {
    readonly outcome: string;
    readonly reasons: readonly string[];
    readonly metrics: Readonly<
      Record<
        string,
        {
          readonly value: number | null;
          readonly low?: number | null;
          readonly high?: number | null;
        }
      >
    >;
    readonly rows: { readonly expected: number; readonly correct: number } | null;
  } | null;
  readonly deployment: {
    readonly outcome: string;
    readonly reason: string | null;
    readonly model: string | null;
    readonly endpoint: string | null;
    readonly deployment: string | null;
    readonly scoringUri: string | null;
  } | null;
  readonly steps: readonly {
    readonly name: string;
    readonly status: string;
    readonly startedAt: string | null;
    readonly endedAt: string | null;
    readonly note?: string;
  }[];
  readonly resources: readonly {
    readonly kind: string;
    readonly name: string;
    readonly state: string;
  }[];
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly file: string | null;
    readonly line: number | null;
    readonly node: string | null;
  } | null;
}

const POLL_MS = 400;
const PATIENCE_MS = 120_000;

/** What `application/problem+json` says, a line for each problem. */
export function inWords({ detail, problems }: Refusal): string {
  const lines = problems.map(({ file, line, path, message }) => {
    const place = [file, line].filter((part) => part !== undefined).join(":");
    const where = [place, path].filter(Boolean).join(" ");
    return `\n  ${where === "" ? "" : `${where}: `}${message}`;
  });
  return `${detail}${lines.join("")}`;
}

interface Refusal {
  readonly detail: string;
  readonly problems: readonly {
    readonly file?: string;
    readonly line?: number;
    readonly path?: string;
    readonly message: string;
  }[];
}

/** Flowgate's HTTP API as anybody would call it. `url` has no trailing slash. */
export function flowgateAt(url: string) {
  async function text(path: string, init?: RequestInit): Promise<string> {
    const response = await fetch(`${url}/api/${path}`, init);
    const body = await response.text();
    if (!response.ok) {
      const told = response.headers.get("content-type") === "application/problem+json";
      const words = told ? inWords(JSON.parse(body) as Refusal) : body;
      throw new Error(`${init?.method ?? "GET"} ${path}: ${response.status} ${words}`);
    }
    return body;
  }

  async function answer<Body>(path: string, init?: RequestInit): Promise<Body> {
    return JSON.parse(await text(path, init)) as Body;
  }

  return {
    uploadBundle(app: string, zip: Uint8Array<ArrayBuffer>) {
      return answer<{ digest: string; files: number }>(`apps/${app}/bundles`, {
        method: "PUT",
        body: zip,
        headers: { "content-type": "application/zip" },
      });
    },

    startPipeline(request: { app: string; bundle: string; deploy?: boolean }) {
      return answer<PipelineDocument>("pipelines", {
        method: "POST",
        body: JSON.stringify(request),
        headers: { "content-type": "application/json" },
      });
    },

    /** Waits for a pipeline that somebody else started. */
    async findStartedBy(trigger: string, app: string): Promise<PipelineDocument> {
      for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(POLL_MS)) {
        const { items } = await answer<{ items: PipelineDocument[] }>(`pipelines?app=${app}`);
        const found = items.find((pipeline) => pipeline.trigger === trigger);
        if (found) return found;
      }
      throw new Error(`No pipeline was started by ${trigger} within ${PATIENCE_MS / 1_000} s.`);
    },

    /** Reads until the status leaves `running`, telling `see` about each reading. */
    async follow(id: string, see: (pipeline: PipelineDocument) => void): Promise<PipelineDocument> {
      for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(POLL_MS)) {
        const pipeline = await answer<PipelineDocument>(`pipelines/${id}`);
        see(pipeline);
        if (pipeline.status !== "running") return pipeline;
      }
      throw new Error(`The pipeline ${id} did not end within ${PATIENCE_MS / 1_000} s.`);
    },

    /** For people, as Markdown. */
    report(id: string): Promise<string> {
      return text(`pipelines/${id}/report`, { headers: { accept: "text/markdown" } });
    },

    rows(id: string, top: number) {
      return answer<{ items: Record<string, unknown>[] }>(`pipelines/${id}/rows?top=${top}`);
    },
  };
}
