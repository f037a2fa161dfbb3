import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])$/;

const optional = z
  .string()
  .optional()
  .transform((text) => text || undefined);

const Environment = z
  .object({
    FLOWGATE_SUBSCRIPTION_ID: z.string().min(1),
    FLOWGATE_RESOURCE_GROUP: z.string().min(1),
    FLOWGATE_WORKSPACE: z.string().min(1),
    FLOWGATE_STORAGE: optional,
    FLOWGATE_STORAGE__blobServiceUri: optional.pipe(z.url().optional()),
    FLOWGATE_STORAGE__queueServiceUri: optional.pipe(z.url().optional()),
    FLOWGATE_STORAGE__tableServiceUri: optional.pipe(z.url().optional()),
    FLOWGATE_STORAGE__credential: optional,
    FLOWGATE_STORAGE__clientId: optional,
    FLOWGATE_EVENT_GRID_ENDPOINT: z.url(),
    FLOWGATE_EVENT_GRID_KEY: optional,
    FLOWGATE_ARM_ENDPOINT: optional.pipe(z.url().default("https://management.azure.com")),
    FLOWGATE_CREDENTIAL: optional.pipe(z.enum(["default", "emulator"]).default("default")),
    FLOWGATE_GITHUB_TOKEN: optional,
  })
  .superRefine((env, context) => {
    const byIdentity =
      env.FLOWGATE_STORAGE__blobServiceUri && env.FLOWGATE_STORAGE__tableServiceUri;
    if (!env.FLOWGATE_STORAGE && !byIdentity) {
      context.addIssue({
        code: "custom",
        path: ["FLOWGATE_STORAGE"],
        message:
          "a connection string, or FLOWGATE_STORAGE__blobServiceUri and FLOWGATE_STORAGE__tableServiceUri",
      });
    }
    if (env.FLOWGATE_CREDENTIAL === "emulator") refuseOutside(env, context);
  });

type RawSettings = z.infer<typeof Environment>;

/** Tokens of the emulator are worth nothing, and must never be sent to a real service. */
function refuseOutside(env: RawSettings, context: z.RefinementCtx<RawSettings>): void {
  const endpoints = [
    ["FLOWGATE_ARM_ENDPOINT", env.FLOWGATE_ARM_ENDPOINT],
    ["FLOWGATE_EVENT_GRID_ENDPOINT", env.FLOWGATE_EVENT_GRID_ENDPOINT],
    ...storageEndpoints(env),
  ] as const;
  for (const [name, url] of endpoints) {
    if (url === undefined || isLoopback(url)) continue;
    context.addIssue({
      code: "custom",
      path: [name],
      message: "must be a loopback address while FLOWGATE_CREDENTIAL is emulator",
    });
  }
}

function storageEndpoints(env: RawSettings): (readonly [string, string | undefined])[] {
  const text = env.FLOWGATE_STORAGE;
  if (text === undefined || text === "UseDevelopmentStorage=true") {
    return [
      ["FLOWGATE_STORAGE__blobServiceUri", env.FLOWGATE_STORAGE__blobServiceUri],
      ["FLOWGATE_STORAGE__tableServiceUri", env.FLOWGATE_STORAGE__tableServiceUri],
    ];
  }
  const named = ["BlobEndpoint", "TableEndpoint", "QueueEndpoint"].flatMap((key) => {
    const found = new RegExp(`(?:^|;)${key}=([^;]+)`, "i").exec(text)?.[1];
    return found === undefined ? [] : [["FLOWGATE_STORAGE", found] as const];
  });
  // Without endpoints of its own a connection string means the public cloud.
  return named.length > 0 ? named : [["FLOWGATE_STORAGE", "https://core.windows.net"]];
}

function isLoopback(url: string): boolean {
  return URL.canParse(url) && LOOPBACK.test(new URL(url).hostname);
}

const Settings = Environment.transform((env) => ({
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

/** Every bad variable is reported at once: SETTINGS_INVALID with a problem each. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const parsed = Settings.safeParse(env);
  if (parsed.success) return parsed.data;

  const problems = parsed.error.issues.map((issue) => ({
    path: issue.path.join("."),
    message: issue.message,
  }));
  const lines = problems.map(({ path, message }) => `  ${path}: ${message}`);
  throw new PipelineError("SETTINGS_INVALID", `The settings are not usable.\n${lines.join("\n")}`, {
    problems,
  });
}
