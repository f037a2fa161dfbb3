import type { InvocationContext } from "@azure/functions";
import { app, getClient, input } from "durable-functions";
import { PipelineError } from "#domain/errors.ts";
import type { Activity } from "./activity.ts";
import type { Durably, Orchestration, OrchestrationContext } from "./durably.ts";
import { describeFailure } from "./failures.ts";
import { runLogged } from "./log-activity.ts";

/** Hand this to a trigger that starts or looks at instances. */
export const durableClient = input.durableClient();

export function registerOrchestration<Input, Output>(orchestration: Orchestration<Input, Output>) {
  app.orchestration(orchestration.name, function* (context) {
    return yield* withWords(orchestration, context);
  });
}

/** What is thrown without a message, or is no error at all, would leave the instance running for ever. */
export function* withWords<Input, Output>(
  orchestration: Orchestration<Input, Output>,
  context: OrchestrationContext,
): Durably<Output> {
  try {
    // Parsed inside the generator: thrown any earlier, a bad input fails the host, not the instance.
    return yield* orchestration.run(context, orchestration.input.parse(context.df.getInput()));
  } catch (cause) {
    if (cause instanceof Error && cause.message !== "") throw cause;
    throw new PipelineError("INTERNAL", `${orchestration.name} failed without a word: ${cause}`, {
      cause,
    });
  }
}

/** Throws unless there is exactly one activity for every step: a name that is missing would hang its caller for ever. */
export function registerActivities(
  activities: readonly Activity<unknown, unknown>[],
  steps: readonly { readonly name: string }[],
) {
  const missing = steps.filter(({ name }) => !activities.some(({ step }) => step.name === name));
  if (missing.length > 0) {
    throw new Error(`No activity for ${missing.map(({ name }) => name).join(", ")}.`);
  }
  for (const activity of activities) {
    app.activity(activity.step.name, {
      handler: (given, context) => runLogged(activity, given, context),
    });
  }
}

export function registerFailureDetails() {
  app.setExceptionPropertiesProvider({ getExceptionProperties: describeFailure });
}

/** Durable as a trigger needs it. */
export interface Instances {
  /** Starts the instance; one that runs already under this id counts as started. */
  start(id: string, input: unknown): Promise<void>;
  /** Whether Durable knows this id. */
  exists(id: string): Promise<boolean>;
}

export function instancesOf<Input, Output>(
  context: InvocationContext,
  orchestration: Orchestration<Input, Output>,
): Instances {
  const client = getClient(context);
  return {
    async start(id, orchestrationInput) {
      try {
        await client.startNew(orchestration.name, { instanceId: id, input: orchestrationInput });
      } catch (error) {
        if (!isAlreadyRunning(error)) throw error;
      }
    },
    async exists(id) {
      try {
        await client.getStatus(id);
        return true;
      } catch (error) {
        if (isUnknown(error)) return false;
        throw error;
      }
    },
  };
}

// The client tells these apart only by the text of its message.
function isAlreadyRunning(error: unknown): boolean {
  return /unexpected status code: 409/.test(String(error));
}

function isUnknown(error: unknown): boolean {
  return /HTTP 404 response/.test(String(error));
}
