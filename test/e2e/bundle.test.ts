import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const REPOSITORY = join(import.meta.dirname, "../..");
const LOADER = join(import.meta.dirname, "../kit/load-like-the-worker.cjs");

function jsonOf(file: string): unknown {
  return JSON.parse(readFileSync(join(REPOSITORY, file), "utf8"));
}

function loadBundle(env: Readonly<Record<string, string>>): string {
  return execFileSync(process.execPath, [LOADER, REPOSITORY], {
    env,
    encoding: "utf8",
    stdio: "pipe",
  });
}

const settings = (jsonOf("local.settings.sample.json") as { Values: Record<string, string> })
  .Values;

/** Names are in the durable history of whatever runs while a new version is deployed: none may change or go. */
test("the built app registers its functions by these names", () => {
  const registered = JSON.parse(loadBundle(settings)) as string[];

  expect(registered.toSorted()).toEqual([
    "activityTrigger acquireEndpoint",
    "activityTrigger assignRole",
    "activityTrigger cancelRun",
    "activityTrigger collectRows",
    "activityTrigger compareVariants",
    "activityTrigger ensureEndpoint",
    "activityTrigger ensureIdentity",
    "activityTrigger findBaseline",
    "activityTrigger keepDeploymentLogs",
    "activityTrigger planDeployment",
    "activityTrigger publishEvent",
    "activityTrigger publishRows",
    "activityTrigger readCompute",
    "activityTrigger readDeployment",
    "activityTrigger readEndpoint",
    "activityTrigger readMetrics",
    "activityTrigger readRun",
    "activityTrigger readRuntime",
    "activityTrigger readSession",
    "activityTrigger recordPipeline",
    "activityTrigger recordResource",
    "activityTrigger registerModel",
    "activityTrigger releaseEndpoint",
    "activityTrigger removeDeployment",
    "activityTrigger removeResource",
    "activityTrigger setTraffic",
    "activityTrigger smokeTest",
    "activityTrigger startCompute",
    "activityTrigger startDeployment",
    "activityTrigger startRuntime",
    "activityTrigger startSession",
    "activityTrigger submitRun",
    "activityTrigger uploadData",
    "activityTrigger uploadEvaluation",
    "activityTrigger uploadFlow",
    "activityTrigger validate",
    "activityTrigger writeReport",
    "blobTrigger startPipelineOnData",
    "httpTrigger getPipeline",
    "httpTrigger getReport",
    "httpTrigger getRows",
    "httpTrigger health",
    "httpTrigger listPipelines",
    "httpTrigger rehearsePipeline",
    "httpTrigger startPipeline",
    "httpTrigger uploadBundle",
    "orchestrationTrigger deployCandidate",
    "orchestrationTrigger evaluateFlow",
    "orchestrationTrigger prepareEndpoint",
    "orchestrationTrigger provisionEnvironment",
    "orchestrationTrigger publishPipelineEvent",
    "orchestrationTrigger registerCandidate",
    "orchestrationTrigger removeEnvironment",
    "orchestrationTrigger runPipeline",
    "orchestrationTrigger stageAssets",
  ]);
});

test("the built app does not load with settings that are not usable, and names each of them", () => {
  const broken = { ...settings, FLOWGATE_WORKSPACE: "", FLOWGATE_EVENT_GRID_ENDPOINT: "nowhere" };

  expect(() => loadBundle(broken)).toThrow(
    /FLOWGATE_WORKSPACE: .+\n\s*FLOWGATE_EVENT_GRID_ENDPOINT: /,
  );
});

test("host.json asks for an extension bundle with Durable Functions", () => {
  expect(jsonOf("host.json")).toMatchObject({
    version: "2.0",
    extensionBundle: {
      id: "Microsoft.Azure.Functions.ExtensionBundle",
      version: "[4.30.0, 5.0.0)",
    },
  });
});

test("host.json names the version of what is started, and runs what older ones started", () => {
  expect(jsonOf("host.json")).toMatchObject({
    extensions: {
      durableTask: {
        hubName: "flowgate1",
        defaultVersion: "1.0.0",
        versionMatchStrategy: "CurrentOrOlder",
        versionFailureStrategy: "Reject",
      },
    },
  });
});

test("the host polls its queues at least every 10 s", () => {
  const { extensions } = jsonOf("host.json") as {
    extensions: { durableTask: { storageProvider: { maxQueuePollingInterval: string } } };
  };
  const interval = extensions.durableTask.storageProvider.maxQueuePollingInterval;

  expect(interval).toMatch(/^00:00:(0[1-9]|10)$/);
});

/** Lines of code in `src` that match, comments aside, by file. */
function linesWith(pattern: RegExp): Readonly<Record<string, readonly string[]>> {
  const files = readdirSync(join(REPOSITORY, "src"), { recursive: true, encoding: "utf8" });
  const found = files
    .filter((file) => file.endsWith(".ts"))
    .toSorted()
    .map((file) => {
      const code = readFileSync(join(REPOSITORY, "src", file), "utf8")
        .split("\n")
        .filter((line) => !/^\s*(\/\/|\/\*|\*)/.test(line));
      return [file, code.filter((line) => pattern.test(line)).map((line) => line.trim())] as const;
    });
  return Object.fromEntries(found.filter(([, lines]) => lines.length > 0));
}

test("HTTP functions are registered in one place, which answers for all of them", () => {
  expect(linesWith(/app\.http\(|\.client\.http\(/)).toEqual({
    "main.ts": ["app.http(name, { ...options, handler: answering(handler) });"],
  });
});

test("of an emulator's back door, src knows the token alone", () => {
  expect(linesWith(/_emulator(?!\/token`)/)).toEqual({});
  expect(Object.keys(linesWith(/_emulator/))).toEqual(["azure/credential.ts"]);
});

test("nothing in src names an emulator, but the credential that a setting chooses", () => {
  expect(Object.keys(linesWith(/emulator|azurite|devstore/i))).toEqual([
    "azure/credential.ts",
    "main.ts",
    "settings.ts",
  ]);
});

test("only what decides about plain HTTP and addresses of storage knows loopback", () => {
  expect(Object.keys(linesWith(/127\.0\.0\.1|localhost|::1/i))).toEqual([
    "azure/datastore.ts",
    "azure/event-topic.ts",
    "azure/storage/connect.ts",
    "settings.ts",
  ]);
});
