import { z } from "zod";
import { GatePolicy } from "./gate/policy.ts";
import { AppName } from "./manifest/manifest.ts";
import { Commit, Digest } from "./pipeline.ts";

/** Path of a blob; one with `..` would lead out of its container. */
const BlobName = z
  .string()
  .min(1)
  .max(1_024)
  .refine(
    (name) => !name.split(/[\\/]/).some((part) => part === "." || part === ".."),
    "a path in the container test-data, without . and ..",
  );

/** The body of `POST /api/pipelines`. */
export const PipelineRequest = z.strictObject({
  app: AppName,
  bundle: z
    .string()
    .regex(/^(latest|sha256:[0-9a-f]{64})$/, "latest, or sha256:… with 64 hex digits"),
  /** A blob of the container `test-data`. */
  data: BlobName.optional(),
  commit: Commit.optional(),
  deploy: z.boolean().optional(),
  attempt: z.number().int().min(1).default(1),
});
export type PipelineRequest = z.infer<typeof PipelineRequest>;

/** Whether this pipeline may end in a deployment; decided when it was accepted. */
export const DeployDecision = z.discriminatedUnion("wanted", [
  z.object({ wanted: z.literal(true) }),
  z.object({ wanted: z.literal(false), reason: z.string() }),
]);
export type DeployDecision = z.infer<typeof DeployDecision>;

/** The dataset that the caller named, pinned to the version that was seen. */
export const DataBlob = z.object({ blob: z.string(), etag: z.string() });
export type DataBlob = z.infer<typeof DataBlob>;

/** What the pipeline needs of the manifest; anything else is read from the bundle when it is used. */
export const PipelinePolicy = z.object({
  environment: z.object({
    kind: z.enum(["session", "compute-instance"]),
    vmSize: z.string(),
    timeoutMs: z.number(),
  }),
  runTimeoutMs: z.number(),
  gate: GatePolicy,
  deploy: z.object({
    timeoutMs: z.number(),
    rollout: z.object({ steps: z.array(z.number()), bakeMs: z.number() }),
    keep: z.number(),
  }),
});
export type PipelinePolicy = z.infer<typeof PipelinePolicy>;

/** An accepted request: the input of the orchestration, and kept in the pipeline's row to start it again. */
export const AcceptedPipeline = z.object({
  id: z.string(),
  app: AppName,
  bundle: Digest,
  data: DataBlob.nullable(),
  trigger: z.enum(["http", "data"]),
  commit: Commit.nullable(),
  deploy: DeployDecision,
  policy: PipelinePolicy,
  createdAt: z.string(),
});
export type AcceptedPipeline = z.infer<typeof AcceptedPipeline>;
