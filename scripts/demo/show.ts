import type { PipelineDocument } from "./flowgate.ts";

const MARKS: Readonly<Record<string, string>> = {
  running: "…",
  succeeded: "✓",
  failed: "✗",
  skipped: "-",
};

export function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

export function headline(text: string): void {
  say(`\n${text}\n${"─".repeat(text.length)}`);
}

/** Tells each step once when it begins to matter: when it has ended. */
export function stepReporter(): (pipeline: PipelineDocument) => void {
  const told = new Set<string>();
  return ({ steps }) => {
    const ended = steps.filter(({ status }) => status === "succeeded" || status === "failed");
    for (const step of ended.toSorted((a, b) => ((a.endedAt ?? "") < (b.endedAt ?? "") ? -1 : 1))) {
      if (told.has(step.name)) continue;
      told.add(step.name);
      const note = step.note === undefined ? "" : `  ${step.note}`;
      say(`  ${MARKS[step.status]} ${step.name.padEnd(20)} ${durationOf(step)}${note}`);
    }
  };
}

function durationOf({ startedAt, endedAt }: { startedAt: string | null; endedAt: string | null }) {
  if (startedAt === null || endedAt === null) return "";
  return `${((Date.parse(endedAt) - Date.parse(startedAt)) / 1_000).toFixed(1).padStart(5)} s`;
}

/** Columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd();
  say(line(head));
  say(line(widths.map((width) => "─".repeat(width))));
  for (const row of rows) say(line(row));
}

export function clipped(value: unknown, length: number): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
