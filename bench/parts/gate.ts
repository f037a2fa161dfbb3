import { judge } from "#domain/gate/judge.ts";
import { Meter } from "#domain/gate/meter.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Row } from "#domain/pipeline.ts";

// Meters and judges as many rows as it is told, beside those of a baseline, with every rule that looks at rows.
const rows = Number(process.argv[2]);
const policy = GatePolicy.parse({
  metrics: [
    { name: "accuracy", min: 0.5 },
    { name: "accuracy", maxDrop: 0.02 },
    { name: "tone", min: 3, maxDrop: 0.1 },
    { name: "latencyP95Ms", max: 20_000 },
  ],
  slices: [
    { by: "data.kind", min: 0.5, minRows: 5 },
    { by: "data.language", min: 0.5, minRows: 5 },
  ],
  golden: "data.golden",
  confidence: 0.95,
});

function rowAt(line: number, wrongEvery: number): Row {
  const isRight = line % wrongEvery !== 0;
  return {
    line,
    outcome: isRight ? "correct" : "incorrect",
    inputs: {
      kind: `kind ${line % 50}`,
      language: `language ${line % 90}`,
      golden: line % 100 === 1,
    },
    outputs: { answer: "Movie" },
    grade: isRight ? "Correct" : "Incorrect",
    error: null,
    evaluation: { grade: isRight ? "Correct" : "Incorrect", tone: 3 + (line % 3) },
    latencyMs: (line * 7919) % 10_000,
    tokens: line % 997,
  };
}

const began = performance.now();
const meter = new Meter(policy, { deployment: "fg-1", logged: { tone: 4 } });
for (let line = 0; line < rows; line += 1) meter.add(rowAt(line, 10), rowAt(line, 11));
const { verdict } = judge(
  policy,
  meter.evidence({ finite: { accuracy: 0.9, tone: 4 }, malformed: {} }),
);
const seconds = (performance.now() - began) / 1000;
const peakMiB = process.resourceUsage().maxRSS / 1024;
process.send?.({
  seconds,
  peakMiB,
  expected: verdict.rows?.expected,
  slices: verdict.slices?.length,
});
