import { createHash } from "node:crypto";
import { z } from "zod";
import type { App } from "#domain/bundle/bundle.ts";
import type { YamlText } from "#domain/manifest/yaml-text.ts";
import { invalidAt, readDeploymentYaml, Text, Texts, word } from "./yaml-fields.ts";

const ACCESS = { enabled: "Enabled", disabled: "Disabled" } as const;
/** The service's own 5 s end most flows that call a model. */
const REQUEST_TIMEOUT_MS = 90_000;
/** What the service allows a model that it knows to be a flow; any other gets less. */
const MAX_REQUEST_TIMEOUT_MS = 300_000;
const HASH_DIGITS = 16;

const refused = (message: string) => z.undefined({ error: message }).optional();

const Route = z.object({
  path: z.string().startsWith("/"),
  port: z.number().int().min(1).max(65_535),
});

/** Where the serving image of prompt flow answers. */
const PROMPT_FLOW_ROUTES = {
  liveness_route: { path: "/health", port: 8080 },
  readiness_route: { path: "/health", port: 8080 },
  scoring_route: { path: "/score", port: 8080 },
};

const InlineEnvironment = z.looseObject({
  name: z.string().nullish(),
  image: z.string({ error: "needed: the serving image" }).min(1),
  inference_config: z
    .object({ liveness_route: Route, readiness_route: Route, scoring_route: Route })
    .nullish(),
  conda_file: refused(
    "Flowgate builds no images; register an environment with it and name that: azureml:name:version",
  ),
  build: refused("Flowgate builds no images; name one that is built"),
});

const Probe = z
  .looseObject({
    initial_delay: z.number().int().min(0).optional(),
    period: z.number().int().min(1).optional(),
    timeout: z.number().int().min(1).optional(),
    success_threshold: z.number().int().min(1).optional(),
    failure_threshold: z.number().int().min(1).optional(),
  })
  .nullish();

const DeploymentYaml = z.looseObject({
  type: z.enum(["managed"], { error: "only managed online deployments" }).optional(),
  endpoint_name: z.string().nullish(),
  environment: z.union([z.string().min(1), InlineEnvironment], {
    error: "needed: azureml:name:version, or image (and inference_config)",
  }),
  instance_type: z.string({ error: "needed, e.g. Standard_E4s_v3" }).min(1),
  instance_count: z.number().int().min(1).default(1),
  environment_variables: Texts,
  request_settings: z
    .looseObject({
      request_timeout_ms: z.number().int().min(1).max(MAX_REQUEST_TIMEOUT_MS).optional(),
      max_concurrent_requests_per_instance: z.number().int().min(1).optional(),
      max_queue_wait_ms: z.number().int().min(0).optional(),
    })
    .nullish(),
  liveness_probe: Probe,
  readiness_probe: Probe,
  scale_settings: z
    .looseObject({
      type: z.literal("default", { error: "only default: instance_count says how many" }),
    })
    .nullish(),
  app_insights_enabled: z.boolean().default(false),
  description: Text.nullish(),
  tags: Texts,
  properties: Texts,
  egress_public_network_access: word(["enabled", "disabled"]).optional(),
  model_mount_path: z.string().optional(),
  code_configuration: refused(
    "a prompt flow image serves the model folder itself and takes no code; remove it",
  ),
  data_collector: refused("collecting inference data is not supported; remove it"),
});
type DeploymentYaml = z.infer<typeof DeploymentYaml>;

/** One that exists, by its ARM id or what is short for it, or one to be registered under a version made of its content. */
export type EnvironmentChoice =
  | { readonly kind: "existing"; readonly id: string }
  | { readonly kind: "registered"; readonly name: string; readonly version: string }
  | {
      readonly kind: "inline";
      readonly name: string;
      readonly version: string;
      readonly properties: Readonly<Record<string, unknown>>;
    };

export interface DeploymentFile {
  readonly file: string;
  readonly endpointName: string | null;
  readonly lineOfEndpointName: number;
  readonly environment: EnvironmentChoice;
  readonly instanceCount: number;
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** What of ARM's `properties` the file decides by itself. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** MANIFEST_INVALID when it is missing, no YAML, or says what cannot be deployed. Its name and model are replaced. */
export function readDeploymentFile({ manifest, files }: App): DeploymentFile {
  const file = manifest.deploy.deployment;
  const { content, yaml } = readDeploymentYaml(files, file, {
    schema: DeploymentYaml,
    missing: "add it, or name it with deploy.deployment",
    unused: ["name", "model"],
  });
  return {
    file,
    endpointName: content.endpoint_name ?? null,
    lineOfEndpointName: yaml.lineOf(["endpoint_name"]),
    environment: environmentOf(content.environment, yaml, manifest.name),
    instanceCount: content.instance_count,
    environmentVariables: content.environment_variables,
    tags: content.tags,
    settings: settingsOf(content),
  };
}

function settingsOf(content: DeploymentYaml): Record<string, unknown> {
  const { description, egress_public_network_access: egress, model_mount_path: mount } = content;
  const requests = content.request_settings ?? {};
  return {
    ...(description == null ? {} : { description }),
    instanceType: content.instance_type,
    appInsightsEnabled: content.app_insights_enabled,
    scaleSettings: { scaleType: "Default" },
    requestSettings: {
      requestTimeout: isoDuration(requests.request_timeout_ms ?? REQUEST_TIMEOUT_MS),
      ...given({
        maxConcurrentRequestsPerInstance: requests.max_concurrent_requests_per_instance,
        maxQueueWait: map(requests.max_queue_wait_ms, isoDuration),
      }),
    },
    ...given({
      livenessProbe: map(content.liveness_probe ?? undefined, probeOf),
      readinessProbe: map(content.readiness_probe ?? undefined, probeOf),
      egressPublicNetworkAccess: map(egress, (word) => ACCESS[word]),
      modelMountPath: mount,
    }),
    properties: content.properties,
  };
}

function probeOf(probe: NonNullable<z.infer<typeof Probe>>): Record<string, unknown> {
  const seconds = (count: number) => isoDuration(count * 1_000);
  return given({
    initialDelay: map(probe.initial_delay, seconds),
    period: map(probe.period, seconds),
    timeout: map(probe.timeout, seconds),
    successThreshold: probe.success_threshold,
    failureThreshold: probe.failure_threshold,
  });
}

function environmentOf(
  environment: DeploymentYaml["environment"],
  yaml: YamlText,
  app: string,
): EnvironmentChoice {
  if (typeof environment !== "string") return inlineEnvironment(environment, app);
  if (/^(azureml:)?\/subscriptions\/|^azureml:\/\//.test(environment)) {
    return { kind: "existing", id: environment.replace(/^azureml:(?=\/subscriptions)/, "") };
  }
  const [, name, version] = /^azureml:([^:@/]+):([^:@/]+)$/.exec(environment) ?? [];
  if (name === undefined || version === undefined) {
    const message = `${environment} names no version; write azureml:name:version`;
    throw invalidAt(yaml, ["environment"], message);
  }
  return { kind: "registered", name, version };
}

function inlineEnvironment(
  environment: z.infer<typeof InlineEnvironment>,
  app: string,
): EnvironmentChoice {
  const routes = environment.inference_config ?? PROMPT_FLOW_ROUTES;
  const content = {
    image: environment.image,
    inferenceConfig: {
      livenessRoute: routes.liveness_route,
      readinessRoute: routes.readiness_route,
      scoringRoute: routes.scoring_route,
    },
  };
  const hash = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  return {
    kind: "inline",
    name: environment.name ?? `flowgate-${app}`,
    version: hash.slice(0, HASH_DIGITS),
    properties: { ...content, isAnonymous: false },
  };
}

/** `PT90S`, as ARM writes time spans. */
function isoDuration(ms: number): string {
  return `PT${ms / 1_000}S`;
}

function map<Value, Result>(value: Value | undefined, change: (value: Value) => Result) {
  return value === undefined ? undefined : change(value);
}

function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
