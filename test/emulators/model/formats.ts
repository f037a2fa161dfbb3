import type { Said } from "./ask.ts";

/** Prompts with examples in many layouts, and what has to be answered. */
export const formats: readonly (readonly [
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
    "an instruction right behind the last answer",
    "Text: barks\nLabel: dog\nText: purrs\nLabel: cat\nNow this one\nText: purring\nLabel:",
    "cat",
  ],
  [
    "an answer with an empty line between its brackets",
    'Text: rain\nOutput: {\n\n  "kind": "weather"\n}\n\nText: goals\nOutput: {\n\n  "kind": "sport"\n}\n\nText: rain again\nOutput:',
    '{\n\n  "kind": "weather"\n}',
  ],
  [
    "an answer in a code fence",
    'Text: rain\nOutput:\n```json\n{"kind": "weather"}\n```\n\nText: goals\nOutput:\n```json\n{"kind": "sport"}\n```\n\nText: goals again\nOutput:',
    '```json\n{"kind": "sport"}\n```',
  ],
  [
    "objects over several lines",
    '[\n  {\n    "text": "barks",\n    "label": "dog"\n  },\n  {\n    "text": "purrs",\n    "label": "cat"\n  }\n]\n\nLabel this text: purring',
    "cat",
  ],
  [
    "labels in upper case in the examples and not in the question",
    "TEXT: barks\nLABEL: dog\n\nTEXT: purrs\nLABEL: cat\n\nText: barks\nLabel:",
    "dog",
  ],
  [
    "lines of Windows",
    "Text: barks\r\nLabel: dog\r\n\r\nText: purrs\r\nLabel: cat\r\n\r\nText: purring\r\nLabel:",
    "cat",
  ],
  [
    "examples between rules of dashes",
    "Input: barks\nOutput: dog\n---\nInput: purrs\nOutput: cat\n---\nInput: barking\nOutput:",
    "dog",
  ],
  [
    "examples that a number and a title begin",
    "Example 1:\nReview: great food\nStars: 5\n\nExample 2:\nReview: cold food, rude staff\nStars: 1\n\nYour turn:\nReview: rude waiter and staff\nStars:",
    "1",
  ],
  [
    "examples in the user's message behind an exchange that is over",
    [
      { role: "user", content: "Text: purrs\nLabel: wrong\n\nText: purring\nLabel: wrong" },
      { role: "assistant", content: "Thanks." },
      {
        role: "user",
        content: "Text: barks\nLabel: dog\nText: purrs\nLabel: cat\nText: purring\nLabel:",
      },
    ],
    "cat",
  ],

  [
    "an answer on the line below and nothing behind the open label",
    "Text:\nbarks\nLabel:\ndog\n\nText:\nbarking\nLabel:\ndog\n\nText:\npurrs\nLabel:\ncat\n\nText:\npurring\nLabel:",
    "cat",
  ],
  [
    "a rule in front that looks like a label",
    "Hint: barks loud, loud\nText: purrs\nLabel: cat\n\nText: barks softly\nLabel: dog\n\nText: barks loud\nLabel:",
    "dog",
  ],
  [
    "one example and a sentence that leads to the question",
    "Text: barks\nLabel: dog\nNow do the same for this text, which is mine:\nText: barks\nLabel:",
    "dog",
  ],

  [
    "a table",
    "| text | label |\n| --- | --- |\n| barks | dog |\n| barking | dog |\n| purrs | cat |\n| purring | |",
    "cat",
  ],
  [
    "a table with the question below it",
    "| text | label |\n|:--|--:|\n| barks | dog |\n| barking | dog |\n| purrs | cat |\n\nWhat is purring?",
    "cat",
  ],
  [
    "objects, with a question that names some of their keys",
    "[{'url': 'https://a.example', 'text_content': 'app', 'category': 'App', 'evidence': 'Url'}, {'url': 'https://b.example', 'text_content': 'a film', 'category': 'Movie', 'evidence': 'Text'}]\nURL: https://c.example\nText content: film\nCategory:",
    '{"category":"Movie","evidence":"Text"}',
  ],
  [
    "numbers in brackets",
    "(1) Text: barks\nLabel: dog\n(2) Text: purrs\nLabel: cat\n(3) Text: purring\nLabel:",
    "cat",
  ],
  [
    "a rule of several arrows",
    "a -> b -> c: barks => dog\nbarking => dog\npurrs => cat\npurring =>",
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
