import { describe, expect, test } from "vitest";
import { startModel } from "./model-server.ts";
import { loadFlow, runFlow } from "./run-flow.ts";

const file = "flow.flex.yaml";
const flex = (code: string, yaml = "entry: shop:quote\n") => ({ [file]: yaml, "shop.py": code });

describe("a function", () => {
  const quote = flex(`
def quote(item: str, count: int = 2, *, note=None):
    if item == "anvil":
        raise ValueError("sold out")
    return {"line": f"{count} x {item}", "note": note}
`);

  test("gets the inputs that its signature knows; its defaults count where the row has none", async () => {
    const { lines } = await runFlow(
      quote,
      [
        { item: 7, colour: "red" },
        { item: "nail", note: "x" },
      ],
      { file },
    );

    expect(lines.map(({ outputs }) => outputs)).toEqual([
      { line: "2 x 7", note: null },
      { line: "2 x nail", note: "x" },
    ]);
    expect(lines[0]?.nodes).toEqual({});
  });

  test("that raises fails its line only, with place and type", async () => {
    const { lines } = await runFlow(quote, [{ item: "anvil" }, { item: "nail" }], { file });

    expect(lines[0]?.error).toMatchObject({
      message: "Execution failure in 'quote': (ValueError) sold out",
      innerCodes: ["ScriptExecutionError"],
      additionalInfo: [{ type: "FlexFlowExecutionErrorDetails", info: { lineno: 4 } }],
    });
    expect(lines[1]?.status).toBe("Completed");
  });

  test.each([
    ["a bare value", "return item", { output: "nail" }, true],
    ["a generator", "yield item\n    yield 1", { output: "nail1" }, true],
    [
      "generators in a dict",
      "return {'a': iter([item, 'y']), 'b': 1}",
      { a: "naily", b: 1 },
      false,
    ],
    ["a dataclass", "return Quote(item, iter('ab'))", { name: "nail", letters: "ab" }, false],
  ])("returns %s", async (_what, body, outputs, isBare) => {
    const code = `
from dataclasses import dataclass


@dataclass
class Quote:
    name: str
    letters: object


def quote(item):
    ${body}
`;
    const { lines } = await runFlow(flex(code), [{ item: "nail" }], { file });

    expect(lines[0]).toMatchObject({ outputs, isBare });
  });

  test("the file's types and defaults win over the code's", async () => {
    const code = "def quote(item, count=1):\n    return {'sum': item + count}\n";
    const yaml =
      "entry: shop:quote\ninputs:\n  item: {type: int}\n  count: {type: int, default: 5}\n";
    const { lines } = await runFlow(flex(code, yaml), [{ item: "3" }], { file });

    expect(lines[0]?.outputs).toEqual({ sum: 8 });
  });

  test("a request without inputs gets the sample, if it needs none", async () => {
    const code = "def quote(item='wire'):\n    return item\n";
    const yaml = "entry: shop:quote\nsample:\n  inputs: ${file:sample.json}\n";
    const files = { ...flex(code, yaml), "sample.json": '{"item": "rope"}' };
    await using loaded = await loadFlow(files, { file });

    expect((await loaded.serve({})).outputs).toEqual({ output: "rope" });
    expect((await loaded.serve({ item: "nail" })).outputs).toEqual({ output: "nail" });
    await using needy = await loadFlow(
      { ...files, "shop.py": "def quote(item):\n    return item\n" },
      { file },
    );
    expect((await needy.serve({})).error?.message).toContain(
      "Required input fields ['item'] are missing in request data {}",
    );
  });
});

describe("a class", () => {
  const shop = flex(
    `
class Shop:
    def __init__(self, currency: str, markup: int = 1):
        if currency == "shells":
            raise ValueError("no such currency")
        self.currency = currency
        self.markup = markup

    async def __call__(self, price: int):
        return {"total": price + self.markup, "currency": self.currency}

    def __aggregate__(self, results):
        return {"sum": sum(r.total for r in results), "count": len(results)}
`,
    "entry: shop:Shop\ninit:\n  markup: {type: int, default: 10}\n",
  );
  const init = { currency: "EUR" };

  test("is built with init and defaults, called per line, and aggregates the succeeded lines", async () => {
    const rows = [{ price: 1 }, { price: "x" }, { price: 3 }];
    const { lines, metrics } = await runFlow(shop, rows, { file, init });

    expect(lines.map(({ outputs }) => outputs)).toEqual([
      { total: 11, currency: "EUR" },
      null,
      { total: 13, currency: "EUR" },
    ]);
    expect(metrics).toEqual({ sum: 24, count: 2 });
  });

  test("is built with PF_FLOW_INIT_CONFIG where a deployment sets it", async () => {
    const environmentVariables = { PF_FLOW_INIT_CONFIG: '{"currency": "CHF"}' };
    await using loaded = await loadFlow(shop, { file, environmentVariables });

    expect((await loaded.serve({ price: 2 })).outputs).toEqual({ total: 12, currency: "CHF" });
  });

  test.each([
    [
      { currency: "shells" },
      "Failed to initialize flow entry 'Shop'",
      "(ValueError) no such currency",
    ],
    [{}, "missing 1 required positional argument: 'currency'", "under 'init' of the run"],
    [{ currency: "EUR", size: 1 }, "unexpected keyword argument 'size'", "Shop"],
  ])("whose constructor does not take %j ends the run", async (given, ...parts) => {
    const loading = loadFlow(shop, { file, init: given });

    for (const part of parts) await expect(loading).rejects.toThrow(part);
    await expect(loading).rejects.toMatchObject({
      body: { innerCodes: ["FlowEntryInitializationError"] },
    });
  });

  test("an __aggregate__ that raises costs the metrics, not the run, and the log tells", async () => {
    const code =
      "class Shop:\n    def __call__(self, n):\n        return n\n\n    def __aggregate__(self, results):\n        return 1 / 0\n";
    const log: string[] = [];
    const { metrics, aggregationError } = await runFlow(
      flex(code, "entry: shop:Shop\n"),
      [{ n: 1 }],
      {
        file,
        log: (line) => log.push(line),
      },
    );

    expect({ metrics, aggregationError }).toEqual({ metrics: {}, aggregationError: null });
    expect(log.join("\n")).toMatch(/'__aggregate__' at .*shop\.py:6: \(ZeroDivisionError\)/);
  });

  test("a model configuration names a connection, or brings its own fields", async () => {
    const code = `
from promptflow.core import AzureOpenAIModelConfiguration, OpenAIModelConfiguration


class Shop:
    def __init__(self, first: AzureOpenAIModelConfiguration, second: OpenAIModelConfiguration):
        self.told = [first.azure_deployment, first.azure_endpoint, first.connection, second.model, second.base_url]

    def __call__(self):
        return {"told": self.told}
`;
    await using loaded = await loadFlow(flex(code, "entry: shop:Shop\n"), {
      file,
      init: {
        first: { azure_deployment: "large", connection: "main" },
        second: { model: "small", base_url: "http://127.0.0.1:9/v1" },
      },
      engine: {
        connections: {
          main: {
            type: "AzureOpenAIConnection",
            value: { api_base: "http://127.0.0.1:8", api_key: "k" },
          },
        },
      },
    });

    expect((await loaded.serve({})).outputs).toEqual({
      told: ["large", "http://127.0.0.1:8", null, "small", "http://127.0.0.1:9/v1"],
    });
  });
});

describe("an entry that cannot be used says so", () => {
  test.each([
    ["entry: shop:gone\n", "PythonLoadError", "'gone' in module 'shop' is not there"],
    ["entry: shop:LIMIT\n", "PythonLoadError", "'LIMIT' in module 'shop' is a int"],
    ["entry: shop:Mute\n", "PythonLoadError", "The class 'Mute' in 'shop' has no __call__ method"],
    ["entry: shop:Greedy\n", "InvalidAggregationFunction", "def __aggregate__(self, results)"],
    [
      "entry: shop:quote\nsample: 3\n",
      "InvalidSample",
      "The sample at flow.flex.yaml:2 is neither a map",
    ],
    [
      "entry: shop:quote\nsample:\n  inputs: ${file:no.json}\n",
      "InvalidSample",
      "Cannot read no.json, which flow.flex.yaml:3 names",
    ],
  ])("%j", async (yaml, code, message) => {
    const source =
      "LIMIT = 3\n\n\nclass Mute:\n    pass\n\n\nclass Greedy:\n    def __call__(self):\n        pass\n\n    def __aggregate__(self):\n        pass\n\n\ndef quote():\n    pass\n";
    const loading = loadFlow(flex(source, yaml), { file });

    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toMatchObject({
      body: { innerCodes: expect.arrayContaining([code]) },
    });
  });

  test("a module that raises: file, line and the entry's place", async () => {
    await expect(loadFlow(flex("x = 1\ny = x / 0\n"), { file })).rejects.toThrow(
      "Failed to load python module 'shop.py:2': (ZeroDivisionError) division by zero The entry 'shop:quote' is named at flow.flex.yaml:1.",
    );
  });

  test("PF_FLOW_INIT_CONFIG that is not JSON", async () => {
    const environmentVariables = { PF_FLOW_INIT_CONFIG: "[1]" };

    await expect(
      loadFlow(flex("def quote():\n    pass\n"), { file, environmentVariables }),
    ).rejects.toThrow("PF_FLOW_INIT_CONFIG is not a JSON object: [1].");
  });
});

test("code calls a prompty: the engine reads it and asks the model", async () => {
  await using model = await startModel(({ body }) => `<${body.messages.at(-1)?.content}>`);
  const code = `
import asyncio

from promptflow.core import AsyncPrompty, Flow, OpenAIModelConfiguration, Prompty


async def quote(item):
    model = {"configuration": OpenAIModelConfiguration(model="tiny", connection="shop"), "parameters": {"seed": 3}}
    once = Prompty.load("ask.prompty", model=model)
    later = AsyncPrompty.load("ask.prompty")
    both = await asyncio.gather(later(item="a"), later(item="b"))
    streamed = "".join(Flow.load("ask.prompty", model={"parameters": {"stream": True}})(item="c"))
    try:
        once()
    except Exception as error:
        refused = str(error)
    return {"once": once(item=item), "both": both, "streamed": streamed, "text": once.render(item="r"), "refused": refused}
`;
  const prompty =
    "---\nmodel:\n  configuration: {type: azure_openai, azure_deployment: big}\n  parameters: {max_tokens: 5}\ninputs:\n  item: {type: string}\n---\nuser:\n{{item}}?\n";
  const { lines } = await runFlow({ ...flex(code), "ask.prompty": prompty }, [{ item: "nail" }], {
    file,
    engine: { modelUrl: model.url },
  });

  expect(lines[0]?.outputs).toEqual({
    once: "<nail?>",
    both: ["<a?>", "<b?>"],
    streamed: "<c?>",
    text: "[{'role': 'user', 'content': 'r?'}]",
    refused: "Missing required inputs of ask.prompty: item. Give them, or defaults to them.",
  });
  expect(model.calls.at(-1)).toMatchObject({
    path: "/v1/chat/completions",
    body: { model: "tiny", max_tokens: 5, seed: 3 },
  });
});
