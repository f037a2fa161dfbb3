import { expect, test } from "vitest";
import { callSdk } from "#azure/sdk-calls.ts";

test("a call of an SDK that is never answered is given up, and told as busy with what to do", async () => {
  const never = ({ abortSignal }: { abortSignal: AbortSignal }) =>
    new Promise<never>((_, reject) => {
      abortSignal.addEventListener("abort", () => {
        reject(Object.assign(new Error("The operation was aborted."), { name: "AbortError" }));
      });
    });

  await expect(
    callSdk("GET the default datastore of w", never, { timeoutMs: 10, tries: 1 }),
  ).rejects.toMatchObject({
    code: "AZURE_BUSY",
    message:
      "No answer to GET the default datastore of w within 0.01 s. Start the pipeline again later, with a higher attempt.",
  });
});
