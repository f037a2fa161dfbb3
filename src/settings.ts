import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])$/;

type Environment = Readonly<Record<string, string | undefined>>;

const PUBLIC_ARM = "https://management.azure.com";

const required = z.string("is required").min(1, "is required");
const url = z.url({
  error: ({ input }) => (input ? "must be a URL, such as https://example.org" : "is required"),
});
const optional = z
  .string()
  .optional()
  .transform((text) => text || undefined);

const Variables = z.object({
  FLOWGATE_SUBSCRIPTION_ID: required,
  FLOWGATE_RESOURCE_GROUP: required,
  FLOWGATE_WORKSPACE: required,
  FLOWGATE_STORAGE: optional,
  FLOWGATE_STORAGE__blobServiceUri: optional.pipe(url.optional()),
  FLOWGATE_STORAGE__queueServiceUri: optional.pipe(url.optional()),
  FLOWGATE_STORAGE__tableServiceUri: optional.pipe(url.optional()),
  FLOWGATE_STORAGE__credential: optional,
  FLOWGATE_STORAGE__clientId: optional,
  FLOWGATE_EVENT_GRID_ENDPOINT: url,
  FLOWGATE_EVENT_GRID_KEY: optional,
  FLOWGATE_ARM_ENDPOINT: optional.pipe(url.default(PUBLIC_ARM)),
  FLOWGATE_CREDENTIAL: optional.pipe(z.enum(["default", "emulator"]).default("default")),
  FLOWGATE_GITHUB_TOKEN: optional,
});

interface Problem {
  readonly path: string;
  readonly message: string;
}

/** What no variable alone shows. It looks at the raw ones, to tell it beside whatever else is bad. */
function problemsBetween(env: Environment): readonly Problem[] {
  const byIdentity = env.FLOWGATE_STORAGE__blobServiceUri && env.FLOWGATE_STORAGE__tableServiceUri;
  const message =
    "a connection string, or FLOWGATE_STORAGE__blobServiceUri and FLOWGATE_STORAGE__tableServiceUri";
  return [
    ...(env.FLOWGATE_STORAGE || byIdentity ? [] : [{ path: "FLOWGATE_STORAGE", message }]),
    ...(env.FLOWGATE_CREDENTIAL === "emulator" ? placesOutside(env) : secretsInTheOpen(env)),
  ];
}

const ADDRESSES = [
  "FLOWGATE_ARM_ENDPOINT",
  "FLOWGATE_EVENT_GRID_ENDPOINT",
  "FLOWGATE_STORAGE__blobServiceUri",
  "FLOWGATE_STORAGE__queueServiceUri",
  "FLOWGATE_STORAGE__tableServiceUri",
] as const;

/** Tokens and keys leave the machine encrypted only, and a topic's key not at all. */
function secretsInTheOpen(env: Environment): readonly Problem[] {
  const plain = ADDRESSES.filter((name) => /^http:/i.test(env[name] ?? "")).filter(
    (name) => !isLoopback(env[name] ?? ""),
  );
  const topic = env.FLOWGATE_EVENT_GRID_ENDPOINT;
  const keyAbroad = env.FLOWGATE_EVENT_GRID_KEY && topic && !isLoopback(topic);
  return [
    ...plain.map((path) => ({ path, message: "must be https, or a loopback address" })),
    ...(keyAbroad
      ? [
          {
            path: "FLOWGATE_EVENT_GRID_KEY",
            message: "is for the emulator only; in Azure the app's identity signs",
          },
        ]
      : []),
  ];
}

/** Tokens of the emulator are worth nothing, and must never be sent to a real service. */
function placesOutside(env: Environment): readonly Problem[] {
  const endpoints = [
    ["FLOWGATE_ARM_ENDPOINT", env.FLOWGATE_ARM_ENDPOINT || PUBLIC_ARM],
    ["FLOWGATE_EVENT_GRID_ENDPOINT", env.FLOWGATE_EVENT_GRID_ENDPOINT],
    ...storageEndpoints(env),
  ] as const;
  return endpoints
    .filter(([, address]) => address && !isLoopback(address))
    .map(([path]) => ({
      path,
      message: "must be a loopback address while FLOWGATE_CREDENTIAL is emulator",
    }));
}

function storageEndpoints(env: Environment): (readonly [string, string | undefined])[] {
  const text = env.FLOWGATE_STORAGE;
  if (!text || text === "UseDevelopmentStorage=true") {
    return [
      ["FLOWGATE_STORAGE__blobServiceUri", env.FLOWGATE_STORAGE__blobServiceUri],
      ["FLOWGATE_STORAGE__queueServiceUri", env.FLOWGATE_STORAGE__queueServiceUri],
      ["FLOWGATE_STORAGE__tableServiceUri", env.FLOWGATE_STORAGE__tableServiceUri],
    ];
  }
  // What a connection string does not name lies in the public cloud.
  return ["BlobEndpoint", "TableEndpoint", "QueueEndpoint"].map((key) => {
    const named = new RegExp(`(?:^|;)${key}=([^;]+)`, "i").exec(text)?.[1];
    return ["FLOWGATE_STORAGE", named ?? "https://core.windows.net"] as const;
  });
}

function isLoopback(address: string): boolean {
  return URL.canParse(address) && LOOPBACK.test(new URL(address).hostname);
}

const Settings = Variables.transform((env) => ({
  workspace: {
    subscriptionId: env.FLOWGATE_SUBSCRIPTION_ID,
    resourceGroup: env.FLOWGATE_RESOURCE_GROUP,
    workspace: env.FLOWGATE_WORKSPACE,
  },
  /** A connection string, or service addresses for the app's identity. */
  storage:
    env.FLOWGATE_STORAGE !== undefined
      ? { connectionString: env.FLOWGATE_STORAGE }
      : {
          blobServiceUri: env.FLOWGATE_STORAGE__blobServiceUri ?? "",
          tableServiceUri: env.FLOWGATE_STORAGE__tableServiceUri ?? "",
        },
  storageClientId: env.FLOWGATE_STORAGE__clientId,
  eventGrid: { endpoint: env.FLOWGATE_EVENT_GRID_ENDPOINT, key: env.FLOWGATE_EVENT_GRID_KEY },
  armEndpoint: env.FLOWGATE_ARM_ENDPOINT.replace(/\/$/, ""),
  credential: env.FLOWGATE_CREDENTIAL,
  githubToken: env.FLOWGATE_GITHUB_TOKEN,
}));
export type Settings = z.infer<typeof Settings>;

function firstOfEach(problems: readonly Problem[]): readonly Problem[] {
  const first = (path: string) => problems.findIndex((problem) => problem.path === path);
  return problems.filter(({ path }, index) => first(path) === index);
}

/** Every bad variable is reported at once: SETTINGS_INVALID with a problem each. */
export function readSettings(env: Environment): Settings {
  const parsed = Settings.safeParse(env);
  const alone = (parsed.error?.issues ?? []).map((issue) => ({
    path: issue.path.join("."),
    message: issue.message,
  }));
  const problems = firstOfEach([...alone, ...problemsBetween(env)]);
  if (parsed.success && problems.length === 0) return parsed.data;

  const lines = problems.map(({ path, message }) => `  ${path}: ${message}`);
  throw new PipelineError("SETTINGS_INVALID", `The settings are not usable.\n${lines.join("\n")}`, {
    problems,
  });
}
