import { expect, inject, test } from "vitest";
import { backDoorAt } from "#kit/back-door.ts";
import { aboutToStart, expectErrorEnd } from "#kit/shared-flowgate.ts";

const backDoor = backDoorAt(inject("stack"));

/** More than any pipeline asks. */
const ALWAYS = 100;
const NEVER_LOGGED = "accuracy was not logged by the evaluation run";
const malformed = (what: string) => `accuracy was logged as ${what}, which is no finite number`;

/** What the metric service answers for a run that logged `accuracy`; `value` is text, for not all of it is JSON. */
function lastValues(run: string, value: string, name = "accuracy"): string {
  return `{"value": [{"dataContainerId": "dcid.${run}", "name": "${name}", "value": [{"data": {"${name}": ${value}}}]}]}`;
}

interface Answer {
  readonly app: string;
  readonly status?: number;
  readonly body: (run: string) => string;
  readonly reason: string;
}

const TABLE: readonly Answer[] = [
  // The longest first: it is asked again for a minute.
  { app: "gate-down", status: 500, body: () => "", reason: NEVER_LOGGED },
  { app: "gate-nothing", body: () => "{}", reason: NEVER_LOGGED },
  { app: "gate-empty-list", body: () => '{"value": []}', reason: NEVER_LOGGED },
  { app: "gate-no-body", body: () => "", reason: NEVER_LOGGED },
  { app: "gate-null", body: (run) => lastValues(run, "null"), reason: malformed("null") },
  { app: "gate-nan", body: (run) => lastValues(run, "NaN"), reason: malformed('"NaN"') },
  {
    app: "gate-infinity",
    body: (run) => lastValues(run, "Infinity"),
    reason: malformed('"Infinity"'),
  },
  {
    app: "gate-infinity-text",
    body: (run) => lastValues(run, '"Infinity"'),
    reason: malformed('"Infinity"'),
  },
  { app: "gate-too-large", body: (run) => lastValues(run, "1e999"), reason: malformed("Infinity") },
  { app: "gate-text", body: (run) => lastValues(run, '"0.9"'), reason: malformed('"0.9"') },
  {
    app: "gate-no-points",
    body: (run) =>
      `{"value": [{"dataContainerId": "dcid.${run}", "name": "accuracy", "value": []}]}`,
    reason: malformed("nothing"),
  },
  {
    app: "gate-other-metric",
    body: (run) => lastValues(run, "0.9", "precision"),
    reason: NEVER_LOGGED,
  },
  {
    app: "gate-other-run",
    body: (run) => lastValues(run.replace("-evaluation-", "-base-"), "0.9"),
    reason: NEVER_LOGGED,
  },
  {
    app: "gate-cut-off",
    body: (run) => lastValues(run, "0.9").slice(0, -8),
    reason: NEVER_LOGGED,
  },
  { app: "gate-refused", status: 403, body: () => "", reason: NEVER_LOGGED },
  { app: "gate-gone", status: 404, body: () => "", reason: NEVER_LOGGED },
];

test.concurrent.each(TABLE)(
  "$app: no figure, no pass",
  async ({ app, status = 200, body, reason }) => {
    const pipeline = await aboutToStart(app);
    const run = `${pipeline.id}-evaluation-0`;
    await backDoor.breakAzureMl({
      path: `/metric/v2\\.0/.*/runs/${run}/lastvalues$`,
      times: ALWAYS,
      do: { status, body: body(run) },
    });

    const ended = await pipeline.run();

    await expectErrorEnd(ended, { code: expect.stringMatching(/^(METRIC_INVALID|AZURE_[A-Z]+)$/) });
    expect(ended.verdict?.reasons).toContain(reason);
    expect(ended.verdict?.metrics["accuracy"]?.ok ?? false).toBe(false);
  },
);
