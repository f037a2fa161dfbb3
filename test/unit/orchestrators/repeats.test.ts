import { describe, expect, test } from "vitest";
import type { LoggedMetrics } from "#domain/gate/evidence.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Script } from "#kit/drive.ts";
import { dataset, failing, run } from "#kit/good-days.ts";
import { anAccepted, anEvidence, aPolicy, aTally } from "#kit/pipelines.ts";

const ID = "shop-0123456789ab";
const RUN_STEPS = ["runFlow", "runEvaluation", "readMetrics", "collectRows"];

function withGate(gate: object) {
  return anAccepted({ policy: aPolicy({ gate: GatePolicy.parse(gate) }) });
}

const thrice = withGate({ repeats: 3 });

interface Collecting {
  readonly round: number;
  readonly logged: LoggedMetrics;
  readonly baseRun: string;
}

/** The step that collects rows, where the verdict is settled with this round (from 0). */
function settledIn(round: number) {
  return (input: Collecting) => ({
    ...anEvidence({ logged: input.logged, repeats: input.round + 1 }),
    isSettled: input.round >= round,
  });
}

function inputsOf<Input>(inputs: ReturnType<typeof run>["inputs"], name: string) {
  return inputs.filter((call) => call.name === name).map(({ input }) => input as Input);
}

describe("repeats", () => {
  test("are rounds of runs, one after the other, under names of their own", () => {
    const { called, inputs, document } = run({ collectRows: settledIn(2) } as Script, thrice);

    const runs = inputsOf<{ run: string; baseRun: string | null }>(inputs, "submitRun");
    expect(runs.map((asked) => [asked.run, asked.baseRun])).toEqual(
      ["", "-repeat-2", "-repeat-3"].flatMap((suffix) => [
        [`${ID}-base-0${suffix}`, null],
        [`${ID}-evaluation-0${suffix}`, `${ID}-base-0${suffix}`],
      ]),
    );
    const order = ["submitRun", "submitRun", "readMetrics", "collectRows"];
    expect(called.filter((name) => order.includes(name))).toEqual([...order, ...order, ...order]);
    expect(inputsOf<Collecting>(inputs, "collectRows").map(({ round }) => round)).toEqual([
      0, 1, 2,
    ]);
    expect(inputsOf(inputs, "publishRows")).toEqual([{ id: ID, parts: 1, rounds: 3 }]);
    expect(document.runs).toEqual([
      {
        variant: null,
        repeat: 3,
        baseRun: `${ID}-base-0-repeat-3`,
        evaluationRun: `${ID}-evaluation-0-repeat-3`,
        status: "Completed",
        metrics: { accuracy: 0.9 },
      },
    ]);
  });

  test("stop where no further one can change the verdict, and no sooner", () => {
    const { inputs, document } = run({ collectRows: settledIn(1) } as Script, thrice);

    expect(inputsOf(inputs, "collectRows")).toHaveLength(2);
    expect(document.verdict?.reasons).toContainEqual(expect.stringMatching(/2 of 3|2 repeats/));
  });

  test("end with the last one, settled or not", () => {
    const { inputs } = run({ collectRows: settledIn(99) } as Script, thrice);
    expect(inputsOf(inputs, "collectRows")).toHaveLength(3);
  });

  test("share their steps, which run from the first round to the last", () => {
    const script = { collectRows: settledIn(1), readRun: slowly() } as unknown as Script;
    const { document, documents } = run(script, thrice);

    const steps = document.steps.filter(({ name }) => RUN_STEPS.includes(name));
    expect(steps.map(({ name, status, attempts, note }) => [name, status, attempts, note])).toEqual(
      RUN_STEPS.map((name) => [name, "succeeded", 1, "repeat 2 of 3"]),
    );
    const [runFlow, runEvaluation] = steps;
    expect(Date.parse(runFlow?.endedAt ?? "")).toBeGreaterThan(
      Date.parse(runEvaluation?.startedAt ?? ""),
    );
    // Nobody who follows it sees a step that is over and goes on.
    const between = documents.flatMap(({ steps: all }) =>
      all.filter(({ name, note }) => name === "runFlow" && note === "repeat 2 of 3"),
    );
    expect(new Set(between.slice(0, -1).map(({ status }) => status))).toContain("running");
    expect(
      between.filter(({ status }) => status === "running").map(({ endedAt }) => endedAt),
    ).toEqual(between.filter(({ status }) => status === "running").map(() => null));
  });

  test("log their mean, and not what one of them lacks", () => {
    const logs: LoggedMetrics[] = [
      { finite: { accuracy: 0.9, speed: 1, depth: 2 }, malformed: {} },
      { finite: { accuracy: 0.7, speed: 3 }, malformed: { depth: "NaN" } },
    ];
    const { inputs, document } = run(
      { collectRows: settledIn(9), readMetrics: (_, attempt) => logs[attempt - 1] } as Script,
      withGate({ repeats: 2 }),
    );

    expect(inputsOf<Collecting>(inputs, "collectRows").at(-1)?.logged).toEqual({
      finite: { accuracy: 0.9 + (0.7 - 0.9) / 2, speed: 2 },
      malformed: { depth: "NaN" },
    });
    expect(document.runs[0]?.metrics).toMatchObject({ speed: 2 });
    // That it is not the share of rows that are right in enough repeats is no reason to warn.
    expect(document.verdict).toMatchObject({
      metrics: { accuracy: { value: 0.9, reported: 0.9 + (0.7 - 0.9) / 2 } },
      reasons: expect.not.arrayContaining([expect.stringContaining("warning")]),
    });
  });

  test("are told what the rounds before said of themselves that their lines do not show", () => {
    const trouble = { run: "base", claimed: 2, shown: 1, node: null, type: null } as const;
    const script = {
      collectRows: (input: Collecting) => ({
        ...anEvidence({ logged: input.logged, tally: aTally({ troubles: [trouble] }) }),
        isSettled: false,
      }),
    };
    const { inputs } = run(script as Script, withGate({ repeats: 2 }));
    expect(inputsOf(inputs, "collectRows")).toMatchObject([
      { troubles: [] },
      { troubles: [trouble] },
    ]);
  });

  test("that fail are an error, and what they did before is over", () => {
    const { document } = run(
      {
        collectRows: settledIn(9),
        readRun: (({ run: name }: { run: string }) =>
          name.endsWith("base-0-repeat-2")
            ? { status: "Failed", state: "failed", error: null }
            : { status: "Completed", state: "completed", error: null }) as never,
      } as Script,
      thrice,
    );

    expect(document).toMatchObject({
      status: "failed",
      verdict: { outcome: "error" },
      error: { code: "RUN_FAILED" },
      runs: [{ repeat: 2, status: "Failed", evaluationRun: null }],
      deployment: null,
    });
    const steps = document.steps.filter(({ name }) => RUN_STEPS.includes(name));
    expect(steps.map(({ status }) => status)).toEqual([
      "failed",
      "succeeded",
      "succeeded",
      "succeeded",
    ]);
    expect(steps.filter(({ endedAt }) => endedAt === null)).toEqual([]);
  });

  test("keep the test environment from being overdue", () => {
    const deadline = (gate: object) =>
      Date.parse(
        inputsOf<{ deadline: string }>(run({}, withGate(gate)).inputs, "recordResource")[0]
          ?.deadline ?? "",
      );
    const { runTimeoutMs } = aPolicy();
    expect(deadline({ repeats: 3 }) - deadline({})).toBe(4 * runTimeoutMs);
  });
});

describe("a baseline", () => {
  const dropping = withGate({ repeats: 2, metrics: [{ name: "accuracy", maxDrop: 0.1 }] });
  const found = { deployment: "fg-0", pipeline: "p", variant: null, dataset: null, logged: {} };

  test("is looked up only where a metric may not drop", () => {
    const { inputs } = run({});
    expect(inputsOf(inputs, "findBaseline")).toEqual([]);
    expect(inputsOf(inputs, "collectRows")).toMatchObject([{ baseline: null }]);
  });

  test("is looked up once for the dataset, and every round is held against it", () => {
    const { inputs, document } = run(
      { findBaseline: () => found, collectRows: settledIn(9) } as Script,
      dropping,
    );
    const { bundle } = document;
    expect(inputsOf(inputs, "findBaseline")).toEqual([
      { id: ID, app: "shop", bundle, digest: dataset.digest },
    ]);
    expect(inputsOf(inputs, "collectRows")).toMatchObject([
      { baseline: found },
      { baseline: found },
    ]);
  });

  test("that cannot be read is an error, after the tries that all of Azure gets", () => {
    const { inputs, document } = run({ findBaseline: failing("AZURE_BUSY", true) }, dropping);

    expect(document).toMatchObject({
      status: "failed",
      verdict: { outcome: "error", reasons: expect.arrayContaining(["no luck"]) },
      error: { code: "AZURE_BUSY" },
      deployment: null,
    });
    expect(inputsOf(inputs, "findBaseline").length).toBeGreaterThan(3);
  });
});

test("with several datasets rows and runs name theirs", () => {
  const datasets = ["a.jsonl", "b.jsonl"].map((name, index) => ({
    ...dataset,
    name,
    digest: `sha256:${String(index).repeat(64)}`,
  }));
  const { inputs, document } = run({ validate: () => ({ variants: [null], datasets }) });

  expect(inputsOf(inputs, "collectRows")).toMatchObject([
    { datasetName: "a.jsonl" },
    { datasetName: "b.jsonl" },
  ]);
  expect(document.runs).toMatchObject(
    datasets.map(({ name, digest }) => ({ dataset: name, data: digest })),
  );
});

/** Each run is read once before it has ended. */
function slowly() {
  const seen = new Set<string>();
  return ({ run: name }: { run: string }) => {
    const isFirst = !seen.has(name);
    seen.add(name);
    return isFirst
      ? { status: "Running", state: "running", error: null }
      : { status: "Completed", state: "completed", error: null };
  };
}
