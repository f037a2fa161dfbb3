import { describe, expect, test } from "vitest";
import { PipelineError } from "#domain/errors.ts";
import { ask, problemOf } from "#kit/http.ts";

describe("every handler is answered for", () => {
  test("also when it answers what cannot be sent", async () => {
    const endless: Record<string, unknown> = {};
    endless["self"] = endless;
    const response = await ask(() => ({ jsonBody: endless }), "/");

    expect(response.status).toBe(500);
    expect(await problemOf(response)).toMatchObject({ code: "INTERNAL" });
  });

  test("also when it throws at once, or what is no error", async () => {
    const thrown = await ask(() => {
      throw new PipelineError("APP_UNKNOWN", "no");
    }, "/");
    const word = await ask(() => Promise.reject("no"), "/");

    expect([thrown.status, word.status]).toEqual([404, 500]);
  });
});
