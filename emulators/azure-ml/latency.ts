/** How long the service takes for what it does, in milliseconds. */
export interface Latency {
  readonly computeCreate: number;
  readonly computeChange: number;
  readonly computeDelete: number;
  readonly runtimeStart: number;
  readonly runtimeStop: number;
  readonly sessionStart: number;
  readonly sessionStop: number;
  readonly endpointChange: number;
  readonly endpointDelete: number;
  /** From the end of an endpoint's update until its new traffic is read back; requests go by it at once. Nobody published a figure. */
  readonly trafficReadBack: number;
  readonly deploymentCreate: number;
  readonly deploymentDelete: number;
  /** From the creation of an identity until the directory finds its principal. */
  readonly directory: number;
  /** From a role assignment until the data plane honours it. */
  readonly rolePropagation: number;
  /** From `Preparing` until `Running`. */
  readonly runStart: number;
  /** From the creation of a run until the search index lists it. */
  readonly index: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const profiles = {
  none: {
    computeCreate: 0,
    computeChange: 0,
    computeDelete: 0,
    runtimeStart: 0,
    runtimeStop: 0,
    sessionStart: 0,
    sessionStop: 0,
    endpointChange: 0,
    endpointDelete: 0,
    trafficReadBack: 0,
    deploymentCreate: 0,
    deploymentDelete: 0,
    directory: 0,
    rolePropagation: 0,
    runStart: 0,
    index: 0,
  },
  demo: {
    computeCreate: 2 * SECOND,
    computeChange: SECOND,
    computeDelete: SECOND,
    runtimeStart: 2 * SECOND,
    runtimeStop: 0.5 * SECOND,
    sessionStart: 1.5 * SECOND,
    sessionStop: 0.5 * SECOND,
    endpointChange: 1.5 * SECOND,
    endpointDelete: SECOND,
    trafficReadBack: 0,
    deploymentCreate: 3 * SECOND,
    deploymentDelete: SECOND,
    directory: 0.5 * SECOND,
    rolePropagation: SECOND,
    runStart: 0.5 * SECOND,
    index: SECOND,
  },
  real: {
    computeCreate: 160 * SECOND,
    computeChange: MINUTE,
    computeDelete: MINUTE,
    runtimeStart: 5 * MINUTE,
    runtimeStop: 30 * SECOND,
    sessionStart: 38 * SECOND,
    sessionStop: 10 * SECOND,
    endpointChange: 40 * SECOND,
    endpointDelete: MINUTE,
    trafficReadBack: 0,
    deploymentCreate: 10 * MINUTE,
    deploymentDelete: 2 * MINUTE,
    directory: 10 * SECOND,
    rolePropagation: 2 * MINUTE,
    runStart: 15 * SECOND,
    index: 5 * SECOND,
  },
} satisfies Record<string, Latency>;

/**
 * `none`, `demo` (a few seconds at most) or `real` (what recordings and documentation show), and after it with commas
 * what takes another time, in seconds: `none,rolePropagation=120`. Throws with what is wrong.
 */
export function latencyProfile(text: string): Latency {
  const [name = "", ...changes] = text.split(",");
  if (!Object.hasOwn(profiles, name)) {
    throw new Error(`--latency is none, demo or real, not "${name}".`);
  }
  const profile: Latency = profiles[name as keyof typeof profiles];
  return {
    ...profile,
    ...Object.fromEntries(changes.map((change) => readChange(change, profile))),
  };
}

function readChange(change: string, profile: Latency): [string, number] {
  const [, name = "", seconds] = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(change) ?? [];
  if (Object.hasOwn(profile, name)) return [name, Number(seconds) * SECOND];
  const names = Object.keys(profile).join(", ");
  throw new Error(`--latency: "${change}" is no NAME=SECONDS with one of ${names}.`);
}
