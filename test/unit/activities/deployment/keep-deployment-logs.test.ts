import { describe, expect, test } from "vitest";
import { createKeepDeploymentLogs } from "#activities/keep-deployment-logs.ts";
import { PipelineError } from "#domain/errors.ts";

const input = { id: "qa-0123456789ab", endpoint: "qa", deployment: "fg-1", quote: true };
const writer = { writeText: async (id: string, name: string) => `${id}/${name}` };

describe("keeping a deployment's logs", () => {
  test("goes on without the log of a container that never was", async () => {
    const logs = {
      readLog: async (_: unknown, container: string) => {
        if (container === "InferenceServer") return "started";
        throw new PipelineError("AZURE_REFUSED", "Azure answered 404");
      },
    };

    expect(await createKeepDeploymentLogs(logs, writer).run(input)).toEqual({
      blob: "qa-0123456789ab/deployment.log",
      tail: "--- StorageInitializer ---\n(Azure answered 404)\n\n--- InferenceServer ---\nstarted",
    });
  });

  test("is tried again when Azure is only busy", async () => {
    const readLog = async () => {
      throw new PipelineError("AZURE_BUSY", "Azure answered 503");
    };

    await expect(createKeepDeploymentLogs({ readLog }, writer).run(input)).rejects.toMatchObject({
      code: "AZURE_BUSY",
    });
  });
});
