import type { z } from "zod";
import { readEndpoint } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface EndpointReader {
  read(endpoint: string): Promise<z.infer<typeof readEndpoint.output>>;
}

export function createReadEndpoint(endpoints: EndpointReader) {
  return implement(readEndpoint, ({ endpoint }) => endpoints.read(endpoint));
}
