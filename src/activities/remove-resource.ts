import type { z } from "zod";
import { removeResource } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface Remover {
  /** What is not there is removed. */
  remove(name: string): Promise<void>;
}

type Kind = z.infer<typeof removeResource.input>["kind"];

export function createRemoveResource(removers: Readonly<Record<Kind, Remover>>) {
  return implement(removeResource, async ({ kind, name }) => {
    await removers[kind].remove(name);
    return {};
  });
}
