import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ErrorCode } from "#domain/errors.ts";
import { eventSchema } from "#domain/event-schema.ts";
import { EventType } from "#domain/events.ts";
import { StepName } from "#domain/pipeline.ts";

const REFERENCE = new URL("../../../docs/reference/", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, REFERENCE), "utf8");

/** The first cells of the first table, without their back quotes. */
function namesIn(file: string): string[] {
  const table =
    read(file)
      .split("\n\n")
      .find((part) => part.startsWith("| ")) ?? "";
  return table
    .split("\n")
    .slice(2)
    .map((row) => row.split("|")[1]?.trim().replaceAll("`", "") ?? "")
    .filter((name) => name !== "");
}

describe("the reference", () => {
  test("has every step, in the order of a pipeline", () => {
    expect(namesIn("steps.md")).toEqual(StepName.options);
  });

  test("has every error code", () => {
    expect(namesIn("errors.md")).toEqual(ErrorCode.options);
  });

  test("has every event type", () => {
    expect(namesIn("events/README.md")).toEqual(EventType.options);
  });

  test.each(EventType.options)("has the schema of %s as the code has it", (type) => {
    const file = `events/${type.replace("Flowgate.", "")}.schema.json`;

    expect(JSON.parse(read(file))).toEqual(eventSchema(type));
  });
});
