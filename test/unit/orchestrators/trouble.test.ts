import { describe, expect, test } from "vitest";
import type { Script } from "#kit/drive.ts";
import { failing, gone, ready, run } from "#kit/good-days.ts";
import { anAccepted, aPolicy } from "#kit/pipelines.ts";

const onCompute = anAccepted({
  deploy: { wanted: false, reason: "not asked for" },
  policy: aPolicy({
    environment: { kind: "compute-instance", vmSize: "Standard_DS1_v2", timeoutMs: 1_800_000 },
  }),
});
const evaluateOnly = anAccepted({ deploy: { wanted: false, reason: "not asked for" } });

describe("a topic that is away", () => {
  test("costs a pipeline with four events less than a minute", () => {
    const { document, elapsedMs } = run({ publishEvent: failing("AZURE_BUSY", true) });

    expect(document.status).toBe("succeeded");
    expect(elapsedMs).toBeLessThan(60_000);
  });

  test("is told the start of a pipeline whose dataset is bad too", () => {
    const { events } = run({ validate: failing("DATA_INVALID", false) });

    expect(events.map(({ type }) => type)).toEqual([
      "Flowgate.PipelineStarted",
      "Flowgate.EvaluationCompleted",
      "Flowgate.PipelineCompleted",
    ]);
  });
});

test("what Azure took and then does not know is told as such when the time is over", () => {
  const { document } = run({ readCompute: () => gone }, onCompute);
  const name = document.resources.find(({ kind }) => kind === "computeInstance")?.name;

  expect(document.error).toMatchObject({
    code: "ENVIRONMENT_TIMEOUT",
    message: `The computeInstance ${name} was not ready within 30 minutes (environment.timeout). Azure took the request, but does not know it; see whether somebody removed it.`,
  });
});

describe("a service that is away for a while", () => {
  test("is tried a last time when patience ends, a minute after the first", () => {
    const { document, inputs, elapsedMs } = run({ submitRun: failing("AZURE_BUSY", true) });

    expect(document.error?.code).toBe("AZURE_BUSY");
    expect(inputs.filter(({ name }) => name === "submitRun")).toHaveLength(6);
    expect(elapsedMs).toBe(60_000);
  });

  const awayFor = (minutes: number, answer: (input: never) => unknown) => {
    const tries = Math.ceil((minutes * 60) / 30) + 4;
    return (input: never, attempt: number) =>
      attempt <= tries ? failing("AZURE_BUSY", true)() : answer(input);
  };

  test("does not end a run that goes on meanwhile", () => {
    const completed = () => ({ status: "Completed", state: "completed", error: null });
    const { document } = run({ readRun: awayFor(3, completed) } as Script, evaluateOnly);

    expect(document.verdict?.outcome).toBe("passed");
  });

  test("is asked for a removal again until it is back", () => {
    let removed = false;
    const { document } = run(
      {
        readSession: () => (removed ? gone : ready),
        removeResource: awayFor(3, () => {
          removed = true;
          return {};
        }),
      } as Script,
      evaluateOnly,
    );

    expect(document.resources).toMatchObject([{ kind: "session", state: "deleted" }]);
  });
});

test("a ledger that is away while the environment goes holds up no removal", () => {
  let removing = false;
  const { inputs } = run(
    {
      publishRows: () => {
        removing = true;
        return {};
      },
      recordResource: () => (removing ? failing("AZURE_REFUSED", false)() : {}),
    },
    onCompute,
  );

  expect(
    inputs.flatMap(({ name, input }) =>
      name === "removeResource" ? [(input as { kind: string }).kind] : [],
    ),
  ).toEqual(["runtime", "computeInstance"]);
});

test("records that cannot be written cost a pipeline minutes, not hours", () => {
  let atLast = false;
  const { elapsedMs } = run(
    {
      recordPipeline: (({ pipeline }: { pipeline: { status: string } }) => {
        atLast ||= pipeline.status !== "running";
        return atLast ? {} : failing("AZURE_BUSY", true)();
      }) as never,
    },
    evaluateOnly,
  );

  expect(elapsedMs).toBeLessThan(5 * 60_000);
});
