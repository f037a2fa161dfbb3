import { PipelineError } from "#domain/errors.ts";
import { readDeployment, readEndpoint, removeDeployment, setTraffic } from "#domain/steps.ts";
import { sameTraffic, type Traffic } from "#domain/traffic.ts";
import { type Durably, poll, timedOut } from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";
import { holdEndpoint } from "./endpoint-hold.ts";
import type { EndpointState, Scene } from "./roll-out.ts";

/** Azure changes one thing at a time on an endpoint and refuses the next meanwhile, for a minute or two. */
export const BUSY_ENDPOINT = { patienceMs: 10 * 60_000 } as const;

const REFUSED: ReadonlySet<string> = new Set(["AZURE_REFUSED", "DEPLOYMENT_FAILED"]);

/** Until the new traffic is read back, which Azure is late with: nobody may take an older reading for it afterwards. */
export function* moveTraffic(
  scene: Scene,
  endpoint: string,
  traffic: Traffic,
  done: { moved: boolean },
): Durably<EndpointState> {
  const { journal, patienceMs } = scene;
  yield* holdEndpoint(scene, endpoint);
  try {
    yield* journal.call(setTraffic, { endpoint, traffic }, BUSY_ENDPOINT);
    done.moved = true;
  } catch (error) {
    // What was refused is not done; of anything else nobody knows, and what is read tells it too late.
    done.moved ||= !REFUSED.has(errorBody(error).code);
    throw error;
  }
  const answer = yield* poll(
    journal.context,
    readEndpoint,
    { endpoint },
    {
      isSettled: (state) =>
        state.state === "failed" ||
        (state.state === "ready" && sameTraffic(state.traffic, traffic)),
      patienceMs,
    },
  );
  if (answer !== timedOut && answer.state === "ready") return answer;
  const why = answer === timedOut ? "it did not take effect in time" : answer.message;
  throw new PipelineError("DEPLOYMENT_FAILED", `The traffic of ${endpoint} was not moved: ${why}`);
}

/** And sees it gone. */
export function* removeDeploymentAndProve(
  { journal, patienceMs }: Scene,
  endpoint: string,
  deployment: string,
): Durably<void> {
  yield* journal.call(removeDeployment, { endpoint, deployment }, BUSY_ENDPOINT);
  const answer = yield* poll(
    journal.context,
    readDeployment,
    { endpoint, deployment },
    {
      isSettled: ({ state }) => state === "gone",
      patienceMs,
    },
  );
  if (answer === timedOut) {
    throw new PipelineError("RESOURCE_LEAKED", `The deployment ${deployment} is still there.`);
  }
}
