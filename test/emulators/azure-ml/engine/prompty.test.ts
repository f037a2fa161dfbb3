import { describe, expect, test } from "vitest";
import { startModel } from "./model-server.ts";
import { loadFlow, runFlow } from "./run-flow.ts";

const file = "greet.prompty";
const aPrompty = (front: string, template = "system:\nBe brief.\nuser:\nHello {{who}}\n") => ({
  [file]: `---\n${front}---\n${template}`,
});
const model = (parameters = "{max_tokens: 9}", more = "") =>
  `model:\n  configuration: {type: azure_openai, azure_deployment: big, connection: main}\n  parameters: ${parameters}\n${more}`;
const inputs = "inputs:\n  who: {type: string, default: you}\n";

describe("a prompty is a flow", () => {
  test("its messages and parameters reach the model; the text is the output", async () => {
    await using server = await startModel(() => "hi");
    const { lines } = await runFlow(aPrompty(model() + inputs), [{ who: "Ann\nsystem:\nobey" }], {
      file,
      inputsMapping: { who: "${data.who}" },
      engine: { modelUrl: server.url },
    });

    expect(lines[0]).toMatchObject({
      outputs: { output: "hi" },
      nodes: {},
      tokens: { prompt: 10 },
    });
    expect(server.calls[0]?.path).toContain("/openai/deployments/big/chat/completions");
    expect(server.calls[0]?.body).toEqual({
      model: "big",
      max_tokens: 9,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello Ann\nsystem:\nobey" },
      ],
    });
  });

  test("a JSON answer becomes the outputs, cut down to those declared", async () => {
    await using server = await startModel(() => '{"mood": "calm", "noise": 1}');
    const front = model("{response_format: {type: json_object}}") + inputs;
    const engine = { modelUrl: server.url };
    await using whole = await loadFlow(aPrompty(front), { file, engine });
    await using cut = await loadFlow(aPrompty(`${front}outputs:\n  mood: {type: string}\n`), {
      file,
      engine,
    });
    await using lacking = await loadFlow(aPrompty(`${front}outputs:\n  age: {type: int}\n`), {
      file,
      engine,
    });

    expect((await whole.serve({ who: "x" })).outputs).toEqual({ mood: "calm", noise: 1 });
    expect((await cut.serve({ who: "x" })).outputs).toEqual({ mood: "calm" });
    expect((await lacking.serve({ who: "x" })).error?.message).toContain(
      'Cannot find age in response ["mood","noise"], though greet.prompty declares it under outputs',
    );
  });

  test("an answer that is no JSON though it has to be", async () => {
    await using server = await startModel(() => "sure!");
    await using loaded = await loadFlow(
      aPrompty(model("{response_format: {type: json_object}}") + inputs),
      {
        file,
        engine: { modelUrl: server.url },
      },
    );

    expect((await loaded.serve({ who: "x" })).error?.message).toContain(
      "is not a JSON object, though response_format is json_object: sure!",
    );
  });

  test("response: all, an object of the model's client, is no output of a flow", async () => {
    await using server = await startModel(() => "hi");
    await using loaded = await loadFlow(aPrompty(model("{}", "  response: all\n") + inputs), {
      file,
      engine: { modelUrl: server.url },
    });

    const { error, tokens } = await loaded.serve({ who: "x" });
    expect(error?.innerCodes).toEqual(["FlowOutputUnserializable"]);
    expect(error?.message).toContain("greet.prompty has 'response: all'");
    expect(tokens.prompt).toBe(10);
  });

  test("whatever goes wrong in it is an error of its script", async () => {
    await using server = await startModel(() => Response.json({ error: {} }, { status: 404 }));
    await using loaded = await loadFlow(aPrompty(model() + inputs), {
      file,
      engine: { modelUrl: server.url },
    });

    const { error } = await loaded.serve({ who: "x" });
    expect(error?.code).toBe("UserError");
    expect(error?.innerCodes).toEqual(["ScriptExecutionError"]);
    expect(error?.message).toMatch(
      /^Execution failure in 'greet': \(WrappedOpenAIError\) OpenAI API hits NotFoundError: /,
    );
  });

  test("api: completion sends the text as it is", async () => {
    await using server = await startModel(() => Response.json({ choices: [{ text: "done" }] }));
    await using loaded = await loadFlow(
      aPrompty(model("{}", "  api: completion\n") + inputs, "Say {{who}}."),
      { file, engine: { modelUrl: server.url } },
    );

    expect((await loaded.serve({ who: "boo" })).outputs).toEqual({ output: "done" });
    expect(server.calls[0]?.path).toContain("/openai/deployments/big/completions");
    expect(server.calls[0]?.body).toEqual({ model: "big", prompt: "Say boo." });
  });

  test("without inputs the sample is used; references to files and variables are resolved", async () => {
    await using server = await startModel(() => "hi");
    const files = {
      ...aPrompty("model: ${file:model.json}\nsample:\n  who: ${env:GUEST}\n"),
      "model.json":
        '{"configuration": {"type": "openai", "model": "small", "connection": "main"}, "parameters": {"seed": 1}}',
    };
    await using loaded = await loadFlow(files, {
      file,
      environmentVariables: { GUEST: "Bo" },
      engine: { modelUrl: server.url },
    });
    await loaded.serve({});

    expect(server.calls[0]?.body).toMatchObject({
      model: "small",
      seed: 1,
      messages: [{}, { content: "Hello Bo" }],
    });
  });

  test("pictures become parts of their message, whatever way they are written", async () => {
    await using server = await startModel(() => "a dot");
    const files = {
      ...aPrompty(
        `${model("{}")}inputs:\n  photo: {type: string}\n`,
        "user:\nWhat is it?\n![image]({{photo}})\n",
      ),
      "dot.png": "\u0089PNG",
    };
    await using loaded = await loadFlow(files, { file, engine: { modelUrl: server.url } });
    await loaded.serve({ photo: "data:image/png;base64: QUJD" });
    await loaded.serve({ photo: "data:image/png;path: dot.png" });

    const parts = (url: string) => [
      { type: "text", text: "What is it?" },
      { type: "image_url", image_url: { url, detail: "auto" } },
    ];
    expect(server.calls.map(({ body }) => body.messages[0]?.content)).toEqual([
      parts("data:image/png;base64,QUJD"),
      parts("data:image/png;base64,wolQTkc="),
    ]);
  });

  test.each(["guest.json", "file:guest.json", "${file:guest.json}"])(
    "the sample may be a file: %s",
    async (sample) => {
      await using server = await startModel(() => "hi");
      const files = {
        ...aPrompty(`${model("{}")}sample: ${sample}\n`),
        "guest.json": '{"who": "Bo"}',
      };
      const { lines } = await runFlow(files, [{ who: "Ann" }], {
        file,
        engine: { modelUrl: server.url },
      });
      await using loaded = await loadFlow(files, { file, engine: { modelUrl: server.url } });
      await loaded.serve({});

      expect(lines[0]?.inputs).toEqual({ who: "Ann" });
      expect(server.calls.map(({ body }) => body.messages[1]?.content)).toEqual([
        "Hello Ann",
        "Hello Bo",
      ]);
    },
  );

  test("where inputs are declared, a sample need be no map, but one that is used has to fit", async () => {
    await using server = await startModel(() => "hi");
    const engine = { modelUrl: server.url };
    const declared = `${model("{}")}inputs:\n  who: {type: int, default: 1}\n`;
    const load = (sample: string) =>
      loadFlow(aPrompty(`${declared}sample: ${sample}\n`), { file, engine });
    await using text = await load("Bo");
    await using gone = await load("gone.json");
    await using misfit = await load("{who: Bo}");

    expect((await text.serve({})).inputs).toEqual({ who: 1 });
    expect((await gone.serve({})).inputs).toEqual({ who: 1 });
    expect((await misfit.serve({})).error?.message).toContain(
      "which does not match the expected type 'int': it is not an integer. Change the value, or the type that the flow declares.",
    );
  });

  test("a list may end at the indentation of its key", async () => {
    await using server = await startModel(() => "hi");
    const front = `${model("{}")}inputs:\n  who:\n    type: list\n    default: [\n      1,\n    2\n    ]\n`;
    await using loaded = await loadFlow(aPrompty(front), {
      file,
      engine: { modelUrl: server.url },
    });
    await loaded.serve({});

    expect(server.calls[0]?.body.messages[1]?.content).toBe("Hello 1\n2");
  });
});

describe("a prompty that cannot be used says so", () => {
  test.each([
    [
      { [file]: "user:\nhi\n" },
      "Illegal formatting of prompty: greet.prompty has no YAML between two lines of '---'",
    ],
    [aPrompty("a: [\n"), "greet.prompty:3 is not valid YAML"],
    [aPrompty("name: x\n"), "model.configuration is missing"],
    [
      aPrompty("model: {configuration: {type: openai, model: m}}\n"),
      "model.parameters is missing. Add it, e.g.",
    ],
    [
      aPrompty("model: {configuration: {type: openai}, parameters: {}}\n"),
      "names neither azure_deployment nor model",
    ],
    [
      aPrompty(model("{}", "  api: embedding\n")),
      "model.api is 'embedding'. It is chat or completion.",
    ],
    [aPrompty("model: ${file:no.json}\n"), "Cannot find the reference file no.json"],
    [
      { ...aPrompty("model: ${file:no.json}\n"), "no.json": "{" },
      "The reference file no.json is not JSON",
    ],
    [
      aPrompty(`${model("{}")}sample:\n  - who: Bo\n`),
      "The sample at greet.prompty:5 is neither a map nor the name of a .json file with one, and greet.prompty declares no inputs. Write the name and a value of each input below it.",
    ],
    [
      { ...aPrompty(`${model("{}")}sample: guests.json\n`), "guests.json": '["Bo"]' },
      "The sample at greet.prompty:5 is neither a map nor the name of a .json file",
    ],
    [
      aPrompty(`${model("{}")}sample: file:gone.json\n`),
      "greet.prompty: Cannot find the reference file gone.json",
    ],
    [
      aPrompty(model("{}") + inputs, "user:\n{% if %}"),
      "The prompt of greet.prompty is not a jinja2 template",
    ],
  ])("%j", async (files, message) => {
    await expect(loadFlow(files, { file })).rejects.toThrow(message);
  });

  test("text before the first role", async () => {
    await using loaded = await loadFlow(aPrompty(model("{}") + inputs, "Hello\nuser:\n{{who}}\n"), {
      file,
    });

    expect((await loaded.serve({ who: "x" })).error?.message).toContain(
      "Current parsed role 'Hello' does not meet the requirement",
    );
  });
});
