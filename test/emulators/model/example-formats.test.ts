import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Emulator } from "#emulators/kit/serve.ts";
import { startModel } from "#emulators/model/start-model.ts";
import { ask, type Said } from "./ask.ts";

let model: Emulator;
beforeAll(async () => {
  model = await startModel();
});
afterAll(() => model[Symbol.asyncDispose]());

const formats: readonly (readonly [
  name: string,
  prompt: string | readonly Said[],
  answer: string,
])[] = [
  [
    "Input and Output",
    "Say which animal it is.\n\nInput: it barks at the postman\nOutput: dog\n\nInput: it purrs on the sofa\nOutput: cat\n\nInput: who is purring here?\nOutput:",
    "cat",
  ],
  [
    "Text and Category without an open label at the end",
    "Text: it barks\nCategory: dog\nText: it purrs\nCategory: cat\nText: she barked loudly",
    "dog",
  ],
  [
    "Q and A",
    "Q1: Where do penguins live?\nA1: cold\n\nQ2: Where do camels live?\nA2: hot\n\nQ3: Tell me about the camel\nA3:",
    "hot",
  ],
  [
    "Q and A on one line",
    "Q: purrs on the sofa A: cat\nQ: barks at the moon A: dog\nQ: barks at night A:",
    "dog",
  ],
  [
    "one example alone",
    "Text: it barks\nCategory: dog\n\nNow classify this:\nText: it barked\nCategory:",
    "dog",
  ],
  [
    "several fields, of which the last is the answer",
    "URL: https://a.example/x\nText: rain and wind\nOUTPUT: weather\n\nURL: https://b.example/y\nText: goals and penalties\nOUTPUT: sport\n\nURL: https://c.example/z\nText: a late penalty\nOUTPUT:",
    "sport",
  ],
  [
    "an answer on the line below, as JSON, and an instruction before the question",
    'The value of "category" is one of two.\n\nURL: https://a.example\nText content: rain and wind\nOUTPUT:\n{"category": "weather", "evidence": "Text"}\n\nURL: https://b.example\nText content: goals\nOUTPUT:\n{"category": "sport", "evidence": "Url"}\n\nFor a given URL and text content, complete the category and the evidence:\nURL: https://c.example\nText content: strong wind.\nOUTPUT:\n',
    '{"category": "weather", "evidence": "Text"}',
  ],
  [
    "an answer of several lines",
    'Text: rain\nOutput: {\n  "kind": "weather"\n}\nText: goals\nOutput: {\n  "kind": "sport"\n}\nText: more rain\nOutput:',
    '{\n  "kind": "weather"\n}',
  ],
  [
    "texts of several paragraphs with colons in them",
    "Text: Results: the home team won.\n\nGoals: two.\nLabel: sport\n\nText: Outlook: rain.\n\nWind: strong.\nLabel: weather\n\nText: Tomorrow: sun.\n\nNo wind and no rain.\nLabel:",
    "weather",
  ],
  [
    "texts without a label of their own",
    "Mark each review.\n\nI love it!\nSentiment: positive\n\nTerrible food.\nSentiment: negative\n\nWe love the food, we love the staff.\nSentiment:",
    "positive",
  ],
  [
    "an instruction behind the open label",
    "Text: barks\nLabel: dog\n\nText: purrs\nLabel: cat\n\nText: purrs again\nLabel:\n\nAnswer with one word.",
    "cat",
  ],
  [
    "bold labels",
    "**Input:** barks\n**Output:** dog\n\n**Input:** purrs\n**Output:** cat\n\n**Input:** barks again\n**Output:**",
    "dog",
  ],
  [
    "markdown headings",
    "### Example 1\n### Input\nbarks\n### Output\ndog\n\n### Example 2\n### Input\npurrs\n### Output\ncat\n\n### Input\npurrs again\n### Output\n",
    "cat",
  ],
  [
    "a YAML-like list",
    "- text: it barks\n  category: dog\n- text: it purrs\n  category: cat\n- text: purring\n  category:",
    "cat",
  ],
  [
    "JSON lines",
    '{"input": "barks", "output": "dog"}\n{"input": "purrs", "output": "cat"}\n{"input": "purring"}',
    "cat",
  ],
  [
    "JSON lines with a question in plain words",
    '{"input": "barks", "output": "dog"}\n{"input": "purrs", "output": "cat"}\n\nWhat is it that barked?',
    "dog",
  ],
  [
    "Python objects as a template prints them, with two answers",
    "[{'text': \"it's barking\", 'kind': 'dog', 'sure': True}, {'text': 'purrs', 'kind': 'cat', 'sure': False}]\n{'text': 'purring', 'kind': None, 'sure': None}",
    '{"kind":"cat","sure":false}',
  ],
  ["arrows", "barks -> dog\npurrs -> cat\nbarking ->", "dog"],
  ["arrows with the question on its own line", "barks => dog\npurrs => cat\n\npurring", "cat"],
  [
    "tags",
    "<example><input>barks</input><output>dog</output></example>\n<example><input>purrs</input><output>cat</output></example>\n<input>purring</input>",
    "cat",
  ],
  [
    "labels divided by bars",
    "Input: barks | Output: dog\nInput: purrs | Output: cat\nInput: purring | Output:",
    "cat",
  ],
  [
    "examples in the system message, the question alone in the user's",
    [
      {
        role: "system",
        content: "Classify.\n\nText: barks\nLabel: dog\n\nText: purrs\nLabel: cat",
      },
      { role: "user", content: "something barked" },
    ],
    "dog",
  ],
  [
    "earlier turns of the conversation",
    [
      { role: "system", content: "Answer with one word. Label: the animal." },
      { role: "user", content: "Text: barks\nLabel:" },
      { role: "assistant", content: "dog" },
      { role: "user", content: "Text: purrs\nLabel:" },
      { role: "assistant", content: "cat" },
      { role: "user", content: "Text: purring\nLabel:" },
    ],
    "cat",
  ],
  [
    "another language",
    "Texto: llueve mañana\nTema: tiempo\n\nTexto: ganó el partido\nTema: deporte\n\nTexto: un partido difícil\nTema:",
    "deporte",
  ],
];

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
