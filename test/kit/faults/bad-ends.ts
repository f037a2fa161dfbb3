import { FOUR_RIGHT } from "#kit/python-app.ts";
import type { Injection } from "./injections.ts";
import type { Scenario } from "./world.ts";

const MESSAGE = "As was asked for.";
const TOLD = /As was asked for\./;

/** What Azure ML takes on and does not do well, of everything that a pipeline of the scenario asks it for. */
export function badEndsOf(scenario: Scenario): readonly Injection[] {
  const places = scenario === "session" ? ["session"] : ["compute", "runtime"];
  return [
    ...places.flatMap((on) => [
      badEnd(on, "failed", "ENVIRONMENT_FAILED", TOLD),
      badEnd(on, "never", "ENVIRONMENT_TIMEOUT", /was not ready within 30 minutes/),
    ]),
    ...["base", "evaluation"].flatMap((run) => [
      badEnd("run", "failed", "RUN_FAILED", TOLD, { match: `-${run}-` }),
      badEnd("run", "never", "RUN_TIMEOUT", /did not end within 60 minutes/, { match: `-${run}-` }),
      ...FOUR_RIGHT.flatMap((_, line) => badLines(run, line)),
    ]),
    badEnd("deployment", "failed", "DEPLOYMENT_FAILED", TOLD),
    badEnd("deployment", "never", "DEPLOYMENT_TIMEOUT", /was not ready within 45 minutes/),
  ];
}

/** Several of them may meet in one pipeline, which counts them together and names the first. */
function badLines(run: string, line: number): readonly Injection[] {
  const says = new RegExp(`[1-4] of 4 rows failed, .* row ${line}\\b`);
  return (["failed", "never"] as const).map((outcome) =>
    badEnd("line", outcome, "ROWS_FAILED", says, { match: `-${run}-`, line }),
  );
}

function badEnd(
  on: string,
  outcome: "failed" | "never",
  code: string,
  says: RegExp,
  which: { readonly match?: string; readonly line?: number } = {},
): Injection {
  const message = outcome === "failed" ? { message: MESSAGE } : {};
  const { match = "", line } = which;
  return {
    kind: `${on} ${outcome}`,
    part: "azureMl",
    where: `${match.replaceAll("-", "")} ${on}${line === undefined ? "" : ` ${line}`}`.trim(),
    fault: { on, outcome, ...message, ...which },
    passes: false,
    says,
    code,
  };
}
