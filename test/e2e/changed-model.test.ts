import { BlobServiceClient } from "@azure/storage-blob";
import { expect, inject, test } from "vitest";
import { backDoorAt } from "#kit/back-door.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp } from "#kit/python-app.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const backDoor = backDoorAt(stack);

/** What the run adds makes the model another folder than the flow that is run. */
const app = (when: string) =>
  aPythonApp({
    name: "altered-folder",
    overlay: {
      "shout/run.yml": [
        "flow: .",
        "data: data.jsonl",
        "column_mapping: { question: '${data.question}' }",
        "environment_variables: { ONLY_OF: altered-folder }",
        "",
      ].join("\n"),
      "deployment/sample-request.json": JSON.stringify({ question: when }),
    },
  });

async function changeOneByte(modelUri: string, file: string) {
  const path = `${/\/paths\/(.+)$/.exec(modelUri)?.[1]}/${file}`;
  const service = BlobServiceClient.fromConnectionString(stack.storage);
  for await (const { name } of service.listContainers({ prefix: "azureml-blobstore-" })) {
    const blob = service.getContainerClient(name).getBlockBlobClient(path);
    const text = (await blob.downloadToBuffer()).toString();
    await blob.uploadData(Buffer.from(text.replace("upper", "lower")));
  }
}

test("a model folder that somebody changed is not deployed, and what serves goes on serving", async () => {
  const first = await flowgate.run("altered-folder", app("before"), { deploy: true });
  expect(first.deployment).toMatchObject({ outcome: "deployed" });
  const { properties } = await backDoor.arm<{ properties: { modelUri: string } }>(
    "models/altered-folder-model/versions/1",
  );
  await changeOneByte(properties.modelUri, "answer.py");

  const second = await flowgate.run("altered-folder", app("after"), { deploy: true });

  expect(second).toMatchObject({
    status: "failed",
    verdict: { outcome: "passed", metrics: { accuracy: { value: 1 } } },
    deployment: {
      outcome: "failed",
      reason: expect.stringMatching(
        /^DEPLOYMENT_FAILED: What lies under LocalUpload\/[0-9a-f]{32}\/shout in datastore workspaceblobstore has the digest sha256:[0-9a-f]{64}, not /,
      ),
      model: null,
    },
    error: { code: "DEPLOYMENT_FAILED" },
  });
  const left = await backDoor.inventoryOf("altered-folder");
  expect(
    left.flatMap(({ kind, name }) => (kind === "model" || kind === "deployment" ? [name] : [])),
  ).toHaveLength(2);
  await expect(
    backDoor.score("altered-folder-endpoint", first.deployment?.scoringUri ?? "", {
      question: "Oak",
    }),
  ).resolves.toEqual({ answer: "OAK" });
});
