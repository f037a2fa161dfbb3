import type { GatePolicy } from "#domain/gate/policy.ts";
import type { Verdict } from "#domain/pipeline.ts";
import type { StoredRows } from "./measure-cell.ts";
import { rehearse, type StoredPipeline } from "./rehearse.ts";

/** What a changed gate would have made of pipelines that are over; each list has their ids. */
export interface GateComparison {
  readonly pipelines: number;
  /** Would not pass. */
  readonly blocked: readonly string[];
  /** Of those, the ones that passed. */
  readonly newlyBlocked: readonly string[];
  /** Would pass, and did not. */
  readonly letThrough: readonly string[];
  readonly sentence: string;
}

/** Plays a changed gate over the stored rows of several pipelines, one after the other. */
export async function compareGates(
  policy: GatePolicy,
  pipelines: AsyncIterable<StoredPipeline> | Iterable<StoredPipeline>,
  rows: StoredRows,
): Promise<GateComparison> {
  const blocked: string[] = [];
  const newlyBlocked: string[] = [];
  const letThrough: string[] = [];
  let count = 0;
  for await (const pipeline of pipelines) {
    count += 1;
    const [did, would] = [isPass(pipeline.verdict), isPass(await rehearse(policy, pipeline, rows))];
    if (!would) blocked.push(pipeline.id);
    if (did && !would) newlyBlocked.push(pipeline.id);
    if (!did && would) letThrough.push(pipeline.id);
  }
  const sentence = sentenceOf(count, blocked, newlyBlocked, letThrough);
  return { pipelines: count, blocked, newlyBlocked, letThrough, sentence };
}

function isPass(verdict: Verdict | null): boolean {
  return verdict?.outcome === "passed";
}

const LISTED = 10;

function sentenceOf(
  pipelines: number,
  blocked: readonly string[],
  newlyBlocked: readonly string[],
  letThrough: readonly string[],
): string {
  return [
    `would have blocked ${blocked.length} of ${pipelines}`,
    newlyBlocked.length === 0
      ? "none that passed"
      : `${newlyBlocked.length} that passed (${listed(newlyBlocked)})`,
    ...(letThrough.length === 0
      ? []
      : [`and let through ${letThrough.length} that did not pass (${listed(letThrough)})`]),
  ].join(", ");
}

function listed(ids: readonly string[]): string {
  const rest = ids.length - LISTED;
  return ids.slice(0, LISTED).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
