import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Emulator } from "#emulators/kit/serve.ts";
import { startModel } from "#emulators/model/start-model.ts";
import { ask } from "./ask.ts";
import { formats } from "./formats.ts";

let model: Emulator;
beforeAll(async () => {
  model = await startModel();
});
afterAll(() => model[Symbol.asyncDispose]());

describe("reads the examples and answers in their format", () => {
  test.each(formats)("%s", async (_, prompt, answer) => {
    expect(await ask(model, prompt)).toBe(answer);
  });
});

describe("decides by the examples alone", () => {
  const examples = (labels: readonly [string, string]) =>
    `Text: invoice is overdue, please pay\nLabel: ${labels[0]}\n\nText: cannot sign in, password rejected\nLabel: ${labels[1]}\n\nText: my password does not work\nLabel:`;

  test.each([[["billing", "access"]], [["A", "B"]], [["赤", "青"]], [["0", "1"]]] as const)(
    "whatever the labels are called: %s",
    async (labels) => {
      expect(await ask(model, examples(labels))).toBe(labels[1]);
    },
  );

  test("the same question gets another answer from other examples", async () => {
    const swapped =
      "Text: password rejected\nLabel: x\n\nText: overdue\nLabel: y\n\nText: password\nLabel:";
    const turned =
      "Text: password rejected\nLabel: y\n\nText: overdue\nLabel: x\n\nText: password\nLabel:";

    expect([await ask(model, swapped), await ask(model, turned)]).toEqual(["x", "y"]);
  });

  test("several similar examples outvote one that is as similar", async () => {
    const prompt =
      "Text: apple laptop\nLabel: tech\n\nText: apple pie\nLabel: food\n\nText: apple tart\nLabel: food\n\nText: laptop, apple, pie, tart\nLabel:";

    expect(await ask(model, prompt)).toBe("food");
  });

  test("the nearest outvotes two that are far", async () => {
    const prompt =
      "Text: apple\nLabel: x\n\nText: apple two three four five six\nLabel: y\n\nText: apple seven eight nine ten twelve\nLabel: y\n\nText: apple\nLabel:";

    expect(await ask(model, prompt)).toBe("x");
  });

  test("a rare word weighs more than one that most examples have", async () => {
    const prompt =
      "Text: page alpha\nLabel: x\n\nText: page beta\nLabel: x\n\nText: penguin gamma\nLabel: y\n\nText: page penguin\nLabel:";

    expect(await ask(model, prompt)).toBe("y");
  });

  test.each([
    ["digits", "Input: 1\nOutput: odd\nInput: 2\nOutput: even\nInput: 2\nOutput:", "even"],
    ["common words", "Input: he\nOutput: m\nInput: she\nOutput: f\nInput: she\nOutput:", "f"],
  ])("texts of nothing but %s are compared, too", async (_, prompt, answer) => {
    expect(await ask(model, prompt)).toBe(answer);
  });

  test("a question like none of them gets the most frequent answer", async () => {
    const prompt =
      "Text: a1 b1\nLabel: x\n\nText: c1\nLabel: y\n\nText: d1\nLabel: y\n\nText: zebra\nLabel:";

    expect(await ask(model, prompt)).toBe("y");
  });
});

describe("without examples", () => {
  test("gives back the last user text", async () => {
    const said = [
      { role: "system", content: "You are helpful." },
      { role: "user", content: "How are you?" },
    ] as const;

    expect(await ask(model, said)).toBe("How are you?");
  });

  test("shortens it to 200 characters at a word's end", async () => {
    expect(await ask(model, "word ".repeat(100))).toBe(`${"word ".repeat(40).slice(0, -1)}…`);
  });

  test("an open label asks for the text in front of it", async () => {
    expect(await ask(model, "Summarize the page.\nText: A page about bees.\nSummary:")).toBe(
      "A page about bees.",
    );
  });

  test("one exchange is talk, not an example", async () => {
    const said = [
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hello!" },
      { role: "user", content: "How far is the moon?" },
    ] as const;

    expect(await ask(model, said)).toBe("How far is the moon?");
  });
});

test.each([
  ["blanks", " ".repeat(200_000)],
  ["open brackets", '{"a": ['.repeat(30_000)],
  ["labels", "Text: a\n".repeat(20_000)],
  ["words", "word ".repeat(40_000)],
])("a long prompt of %s is answered, too", async (_, prompt) => {
  expect((await ask(model, `${prompt}x`)).length).toBeLessThanOrEqual(201);
});
