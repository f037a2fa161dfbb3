import { durationMs } from "#domain/duration.ts";
import type { PipelinePolicy } from "#domain/request.ts";
import type { Manifest } from "./manifest.ts";

/** What the orchestration needs of the manifest, durations in milliseconds. */
export function policyOf({ environment, runTimeout, gate, deploy }: Manifest): PipelinePolicy {
  const { kind, vmSize, timeout } = environment;
  const { steps, bake } = deploy.rollout;
  return {
    environment: { kind, vmSize, timeoutMs: durationMs(timeout) },
    runTimeoutMs: durationMs(runTimeout),
    gate,
    deploy: {
      timeoutMs: durationMs(deploy.timeout),
      rollout: { steps, bakeMs: durationMs(bake) },
      keep: deploy.keep,
    },
  };
}
