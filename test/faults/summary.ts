import { PARTS, type Part } from "#kit/faults/fault-calls.ts";
import type { Look } from "#kit/faults/looks.ts";

interface Count {
  right: number;
  all: number;
}

/** How many faults of each kind were met rightly in each part. */
export class Summary {
  readonly #counts = new Map<string, Map<Part, Count>>();

  /** A pipeline that went wrong counts against each of its faults. */
  add({ injections, problems }: Look): void {
    for (const { kind, part } of injections) {
      const ofKind = this.#counts.get(kind) ?? new Map<Part, Count>();
      const count = ofKind.get(part) ?? { right: 0, all: 0 };
      ofKind.set(part, count);
      this.#counts.set(kind, ofKind);
      count.all += 1;
      if (problems.length === 0) count.right += 1;
    }
  }

  get total(): Count {
    return sum([...this.#counts.values()].flatMap((ofKind) => [...ofKind.values()]));
  }

  /** A row a kind, a column a part, as `right/all`. */
  toString(): string {
    const rows = [...this.#counts].map(([kind, ofKind]) => [
      kind,
      ...PARTS.map((part) => inWords(ofKind.get(part))),
      inWords(sum([...ofKind.values()])),
    ]);
    const table = [["fault", ...PARTS, "all"], ...rows];
    const widths = (table[0] ?? []).map((_, at) =>
      Math.max(...table.map((row) => row[at]?.length ?? 0)),
    );
    return table
      .map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  "))
      .map((line) => `${line.trimEnd()}\n`)
      .join("");
  }
}

function sum(counts: readonly Count[]): Count {
  const total = { right: 0, all: 0 };
  for (const { right, all } of counts) {
    total.right += right;
    total.all += all;
  }
  return total;
}

function inWords(count: Count | undefined): string {
  return count === undefined ? "" : `${count.right}/${count.all}`;
}
