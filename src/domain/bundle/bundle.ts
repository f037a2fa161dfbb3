import type { ResolvedManifest } from "#domain/manifest/manifest.ts";

/** Path inside the app folder (forward slashes, no leading one) → content. */
export type BundleFiles = ReadonlyMap<string, Uint8Array>;

/** What a run YAML says, its paths made relative to the app folder; `runtime` and `resources` are ours to say. */
export interface RunSpec {
  /** Path of the run YAML. */
  readonly file: string;
  /** Folder of the flow, "" for the app folder itself. */
  readonly flow: string;
  /** `flow.dag.yaml` unless the run YAML names a file. */
  readonly flowFile: string;
  readonly data: string | null;
  readonly columnMapping: Readonly<Record<string, string>>;
  readonly variant: string | null;
  /** Node → `connection`, `deployment_name`, `model`. */
  readonly connections: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly init: Readonly<Record<string, unknown>> | null;
  readonly displayName: string | null;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** An app folder read and found sound. */
export interface App {
  readonly manifest: ResolvedManifest;
  readonly baseRun: RunSpec;
  readonly evaluationRun: RunSpec;
  readonly files: BundleFiles;
  /** `sha256:…` over (path, SHA-256 of content) sorted by path. */
  readonly digest: string;
}
