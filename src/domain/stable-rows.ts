import { type KnownRows, rowsGone, type StableRows } from "./baseline.ts";
import type { Baseline } from "./gate/baseline-meter.ts";
import type { Row } from "./pipeline.ts";
import { RowsByLine } from "./rows-by-line.ts";

type Pages = AsyncGenerator<readonly Row[]>;

export interface PublishedRows {
  /** All that a pipeline published; null where they are not there. */
  read(id: string): Promise<Pages | null>;
}

export interface OpenStableRows {
  /** Null where the gate asks for none. */
  readonly baseline: Baseline | null;
  /** To be closed by whoever opened them; null where there is nothing to compare with. */
  readonly rows: RowsByLine | null;
}

/** The stored rows of what serves, to be read beside others; that they are gone by now is a reason for none. */
export async function openStableRows(
  known: StableRows | null,
  published: PublishedRows,
): Promise<OpenStableRows> {
  if (known === null || "none" in known) return { baseline: known, rows: null };
  const pages = await published.read(known.pipeline);
  if (pages === null) return { baseline: { none: rowsGone(known.deployment) }, rows: null };
  return { baseline: known, rows: new RowsByLine(ownOf(known, pages)) };
}

/** A pipeline publishes the rows of all its variants and datasets; these are of the one evaluation that is compared with. */
async function* ownOf({ variant, dataset }: KnownRows, pages: Pages): Pages {
  for await (const page of pages) {
    yield page.filter(
      (row) => (row.variant ?? null) === variant && (row.dataset ?? null) === dataset,
    );
  }
}
