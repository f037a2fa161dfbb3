import { z } from "zod";
import { Duration, durationMs } from "#domain/duration.ts";
import { GatePolicy } from "#domain/gate/policy.ts";

/** `[a-z][a-z0-9-]{0,39}`, as in the URL. */
export const AppName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, "1 to 40 of a-z, 0-9 and hyphen, starting with a letter");

/** A path inside the app folder, with forward slashes; never one that leaves it. `./` is dropped. */
const AppPath = z
  .string()
  .min(1)
  .refine(
    (path) => !/^([/]|[A-Za-z]:)/.test(path) && !/\\/.test(path) && !path.split("/").includes(".."),
    {
      message: "a path inside the app folder, with forward slashes",
    },
  )
  .overwrite(plainPath);

/** Without `./` and doubled slashes, as the bundle has it. */
function plainPath(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

export const Variant = z
  .string()
  .regex(/^\$\{[^.{}]+\.[^.{}]+\}$/, "has to be written as ${node.variant}");

/** Nothing is ready, or done, in no time. */
const Patience = Duration.refine((duration) => durationMs(duration) > 0, "has to be more than 0");

/** As `git` takes it: anything else would never be met. */
const BranchName = z
  .string()
  .min(1)
  .refine(
    (name) => !name.startsWith("refs/"),
    "has to be a branch's name alone, without refs/heads/",
  )
  .refine(
    (name) => !/[*?[\\^~: ]/.test(name),
    "has to be a branch's name; patterns are not known, name each branch",
  );

const Environment = z.strictObject({
  kind: z.enum(["session", "compute-instance"]).default("session"),
  vmSize: z.string().min(1).default("Standard_DS1_v2"),
  timeout: Patience.default("30m"),
});

const Rollout = z.strictObject({
  steps: z
    .array(z.number().int().min(1).max(100))
    .min(1)
    .refine((steps) => steps.at(-1) === 100, { message: "the last step is 100" })
    .refine(
      (steps) => steps.every((step, index) => index === 0 || step > (steps[index - 1] ?? 0)),
      {
        message: "each step is larger than the one before",
      },
    )
    .default([10, 50, 100]),
  bake: Duration.default("1m"),
});

const Deploy = z.strictObject({
  when: z.array(BranchName).default(["main"]),
  onData: z.boolean().default(true),
  model: AppPath.default("deployment/model.yaml"),
  endpoint: AppPath.default("deployment/endpoint.yaml"),
  deployment: AppPath.default("deployment/deployment.yaml"),
  smoke: AppPath.default("deployment/sample-request.json"),
  rollout: Rollout.prefault({}),
  keep: z.number().int().min(0).default(0),
  timeout: Patience.default("45m"),
});

/** `flowgate.yaml` as a person writes it: everything may be left out. */
export const Manifest = z.strictObject({
  apiVersion: z.literal("flowgate/v1").default("flowgate/v1"),
  name: AppName.optional(),
  run: AppPath.optional(),
  evaluation: AppPath.optional(),
  variants: z.array(Variant).default([]),
  datasets: z.array(AppPath).default([]),
  environment: Environment.prefault({}),
  runTimeout: Patience.default("60m"),
  gate: GatePolicy.prefault({}),
  deploy: Deploy.prefault({}),
});
export type Manifest = z.infer<typeof Manifest>;

/** A manifest after reading it together with its bundle: name, run and evaluation are known. */
export type ResolvedManifest = Manifest & {
  readonly name: string;
  readonly run: string;
  readonly evaluation: string;
};
