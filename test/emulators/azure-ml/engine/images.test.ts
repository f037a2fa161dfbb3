import { describe, expect, test } from "vitest";
import { serve } from "#emulators/kit/serve.ts";
import { aTool, ref } from "./a-flow.ts";
import { startModel } from "./model-server.ts";
import { loadFlow, runFlow } from "./run-flow.ts";

const describeImage = `from promptflow.contracts.multimedia import Image
from promptflow.core import tool


@tool
def run(photo, frame: Image = None):
    shown = photo if isinstance(photo, list) else [photo]
    told = [f"{len(p)} bytes of {p._mime_type}" if isinstance(p, Image) else p for p in shown]
    return {"told": told, "photo": photo, "frame": frame}
`;
const showing = (type: string, more = "", inputs = "") => ({
  "flow.dag.yaml": `
${more}
inputs:
  photo: {type: ${type}}
outputs:
  told: {type: list, reference: "${ref("look.output.told")}"}
  photo: {type: object, reference: "${ref("look.output.photo")}"}
  frame: {type: object, reference: "${ref("look.output.frame")}"}
nodes:
- {name: look, type: python, source: {type: code, path: look.py}, inputs: {photo: "${ref("inputs.photo")}"${inputs}}}
`,
  "look.py": describeImage,
  "dot.png": "ABC",
});
const ABC = { "data:image/png;base64": "QUJD" };

describe("a tool gets a picture, and the outputs hold it whole", () => {
  test.each([
    [ABC, "data:image/png;base64"],
    [{ "data:image/png;path": "dot.png" }, "data:image/png;base64"],
    ["data:image/png;base64,QUJD", "data:image/*;base64"],
  ])("written as %j", async (photo, key) => {
    await using loaded = await loadFlow(showing("image"));
    const { outputs, error } = await loaded.serve({ photo });

    expect(error).toBeNull();
    expect(outputs).toMatchObject({ photo: { [key]: "QUJD" } });
    expect(outputs?.told).toEqual([expect.stringMatching(/^3 bytes of image\//)]);
  });

  test("in lists, among other things", async () => {
    const { lines } = await runFlow(showing("list"), [
      { photo: [ABC, "text", { "data:image/jpg;path": "dot.png" }] },
    ]);

    expect(lines[0]?.outputs).toMatchObject({
      told: ["3 bytes of image/png", "text", "3 bytes of image/jpg"],
      photo: [ABC, "text", { "data:image/jpg;base64": "QUJD" }],
    });
  });

  test("in the format of openai-vision", async () => {
    const inVision = { type: "image_url", image_url: { url: "data:image/*;base64,QUJD" } };
    const photo = [
      { type: "text", text: "see" },
      { type: "image_url", image_url: { url: "data:image/png;base64,QUJD" } },
      { type: "image_file", image_file: { path: "dot.png" } },
    ];
    await using loaded = await loadFlow(showing("list", "message_format: openai-vision"));
    const { outputs } = await loaded.serve({ photo });

    expect(outputs?.told).toEqual(["see", "3 bytes of image/*", "3 bytes of image/*"]);
    expect(outputs).toMatchObject({ photo: ["see", inVision, inVision] });
  });

  test("from a URL", async () => {
    await using server = await serve(() => new Response("ABC"));
    await using loaded = await loadFlow(showing("object"));

    expect(
      (await loaded.serve({ photo: { "data:image/png;url": server.url } })).outputs?.photo,
    ).toEqual(ABC);
  });

  test("named by a literal of a parameter that is an Image", async () => {
    await using loaded = await loadFlow(showing("string", "", ", frame: dot.png"));

    expect((await loaded.serve({ photo: "x" })).outputs?.frame).toEqual({
      "data:image/*;base64": "QUJD",
    });
  });

  test("paths begin at the folder of the data", async () => {
    await using loaded = await loadFlow(showing("image"));
    const { lines } = await loaded.runBatch({
      data: [{ photo: { "data:image/png;path": "engine/../dot.png" } }],
      folder: `${loaded.folder}/engine`,
      run: null,
      inputsMapping: {},
    });

    expect(lines[0]?.error?.message).toContain("Cannot read the picture engine/../dot.png");
  });
});

test.each([
  ["image", { "data:image/png;path": "no.png" }, "Cannot read the picture no.png: ENOENT"],
  ["image", 3, 'Write {"data:image/png;path": "a.png"}, a path, a URL or base64.'],
  ["image", { a: 1 }, "It is no picture."],
  ["object", { "data:image/png;base64": "?" }, "Invalid base64 image: ?"],
  [
    "object",
    { "data:image/png;url": "http://127.0.0.1:9/a.png" },
    "Failed to fetch image from URL: http://127.0.0.1:9/a.png",
  ],
])("%s %j is refused", async (type, photo, message) => {
  await using loaded = await loadFlow(showing(type));
  const { error } = await loaded.serve({ photo });

  expect(error?.message).toContain(`Failed to load image for input 'photo': `);
  expect(error?.message).toContain(message);
});

test("a literal that is no picture ends the run with its place", async () => {
  await expect(loadFlow(showing("string", "", ", frame: no.png"))).rejects.toThrow(
    /Failed to load node input 'frame' of node 'look' at flow.dag.yaml:10: Cannot read the picture no.png/,
  );
});

test.each([
  ["aoai_gpt4v.AzureOpenAI", "deployment_name: eye", "/openai/deployments/eye/chat/completions"],
  ["openai_gpt4v.OpenAI", "model: eye", "/v1/chat/completions"],
])("the vision tool %s sends pictures", async (tool, model, path) => {
  await using server = await startModel(() => "a dot");
  const files = {
    "flow.dag.yaml": `
inputs: {photo: {type: image}}
outputs: {out: {type: string, reference: "${ref("see.output")}"}}
nodes:
- {name: see, type: custom_llm, connection: c, source: {type: package_with_prompt, tool: promptflow.tools.${tool}.chat, path: see.jinja2}, inputs: {${model}, detail: low, photo: "${ref("inputs.photo")}"}}
`,
    "see.jinja2": "# user:\nLook: ![image]({{photo}})\n",
    "unused.py": aTool("def run()", "return 1"),
  };
  const { lines } = await runFlow(files, [{ photo: ABC }], { engine: { modelUrl: server.url } });

  expect(lines[0]?.outputs).toEqual({ out: "a dot" });
  expect(server.calls[0]?.path).toContain(path);
  expect(server.calls[0]?.body.messages[0]?.content).toEqual([
    { type: "text", text: "Look: " },
    { type: "image_url", image_url: { url: "data:image/png;base64,QUJD", detail: "low" } },
  ]);
});
