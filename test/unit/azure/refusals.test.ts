import { describe, expect, test } from "vitest";
import { refusal, serviceError } from "#azure/refusals.ts";

const BAD = { code: "BadRequest", message: "The request is invalid." };
const messageFor = (details: unknown) => serviceError({ error: { ...BAD, details } })?.message;

describe("the details of an error", () => {
  test("are told after its message, each with its code", () => {
    const error = {
      ...BAD,
      details: [{ code: "A", message: "No cores." }, { message: "No name." }],
    };
    const refused = { call: "PUT /a", status: 400, body: { error }, requestId: "1" };

    expect(refusal(refused).message).toBe(
      "Azure answered 400 to PUT /a: BadRequest: The request is invalid. (A: No cores.; error: No name.) (request 1).",
    );
  });

  test("are told where they stand below another one", () => {
    const deep = { code: "B", message: "No cores.", details: [] };

    expect(
      messageFor([
        { code: "A", message: "", details: [deep] },
        { code: "C", message: "c" },
      ]),
    ).toBe("The request is invalid. (B: No cores.; C: c)");
  });

  test("are told once, and not where the message says the same", () => {
    const twice = { code: "A", message: "No cores." };

    expect(messageFor([twice, { code: "B", message: BAD.message }, twice])).toBe(
      "The request is invalid. (A: No cores.)",
    );
  });

  test("are five at most, of 500 characters each", () => {
    const many = Array.from({ length: 9 }, (_, n) => ({ code: "A", message: `${n}`.repeat(900) }));
    const told = [0, 1, 2, 3, 4].map((n) => `A: ${`${n}`.repeat(500)}`).join("; ");

    expect(messageFor(many)).toBe(`The request is invalid. (${told})`);
  });

  test.each([null, undefined, [], "text", [{ code: 1 }]])("may be %j", (details) => {
    expect(messageFor(details)).toBe("The request is invalid.");
  });
});

test("an error that says nothing is none", () => {
  expect(serviceError({ error: {} })).toBeUndefined();
  expect(serviceError({ error: { message: "m" } })).toEqual({ code: "error", message: "m" });
});
