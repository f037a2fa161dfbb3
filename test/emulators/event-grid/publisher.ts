import type { Emulator } from "#emulators/kit/serve.ts";

export const anEvent = {
  id: "web-7f3a-1",
  source: "/flowgate/web",
  type: "Flowgate.PipelineStarted",
  specversion: "1.0",
  subject: "/apps/web/pipelines/web-7f3a",
  time: "2026-01-01T00:00:00.000Z",
  sequence: "1",
  datacontenttype: "application/json",
  dataschema: "urn:flowgate:event:Flowgate.PipelineStarted:1",
  data: { id: "web-7f3a" },
};

interface Posting {
  readonly key?: string | null;
  readonly query?: string;
  readonly contentType?: string;
}

export function post(emulator: Emulator, body: unknown, posting: Posting = {}): Promise<Response> {
  const { key = "emulator", query = "?api-version=2018-01-01" } = posting;
  const { contentType = "application/cloudevents-batch+json; charset=utf-8" } = posting;
  return fetch(`${emulator.url}/topics/flowgate/api/events${query}`, {
    method: "POST",
    headers: { "content-type": contentType, ...(key === null ? {} : { "aeg-sas-key": key }) },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

export async function items(emulator: Emulator, what: string): Promise<unknown[]> {
  const response = await fetch(`${emulator.url}/_emulator/${what}`);
  return ((await response.json()) as { items: unknown[] }).items;
}
