import { load } from "js-yaml";
import { expect, test } from "vitest";
import { flowFolder, requirementsOf } from "#domain/flow-folder.ts";
import { files } from "#kit/apps.ts";

const place = { flow: "flows/qa", flowFile: "flow.dag.yaml", app: "my-app" };

/** Folder `flows/qa` of an app, with this text as its flow file. */
function folder(yaml: string, more: Readonly<Record<string, string>> = {}) {
  return flowFolder(files({ "flows/qa/flow.dag.yaml": yaml, ...more }), place);
}

function text({ files: all }: ReturnType<typeof folder>, path = "flow.dag.yaml"): string {
  return new TextDecoder().decode(all.get(path));
}

test("a flow without includes and requirements goes up as it is", () => {
  const yaml = "# mine\nnodes: []   # none\n";
  const flow = folder(yaml, { "flows/other/x": "x", "flows/qa/a/b.py": "b" });

  expect(flow.name).toBe("qa");
  expect([...flow.files.keys()]).toEqual(["flow.dag.yaml", "a/b.py"]);
  expect(text(flow)).toBe(yaml);
});

test("a flow in the app folder itself is called by the app's name", () => {
  const app = files({ "flow.dag.yaml": "nodes: []\n", "sub/x": "x" });
  const flow = flowFolder(app, { flow: "", flowFile: "flow.dag.yaml", app: "my-app" });

  expect(flow.name).toBe("my-app");
  expect([...flow.files.keys()]).toEqual(["flow.dag.yaml", "sub/x"]);
});

test("includes land at the root of the flow, files and folders, the later over the earlier", () => {
  const yaml =
    "additional_includes:\n- ../../shared/tool.py\n- ../../lib\n- ../../late/tool.py\nnodes: []\n";
  const flow = folder(yaml, {
    "shared/tool.py": "early",
    "late/tool.py": "late",
    "lib/deep/x.py": "x",
    "flows/qa/tool.py": "own",
  });

  expect([...flow.files.keys()].sort()).toEqual(["flow.dag.yaml", "lib/deep/x.py", "tool.py"]);
  expect(text(flow, "tool.py")).toBe("late");
  expect(text(flow)).toBe("nodes: []\n");
});

test.each([
  ["at the margin", "additional_includes:\n- ../../x\nnodes: [] # c\n", "nodes: [] # c\n"],
  ["indented", "nodes: []\nadditional_includes:\n  # why\n  - ../../x\n", "nodes: []\n"],
  ["in one line", "a: 1\nadditional_includes: [../../x]\nb: yes\n", "a: 1\nb: yes\n"],
  [
    "quoted, with CRLF",
    'a: 1\r\n"additional_includes":\r\n- ../../x\r\nb: 2\r\n',
    "a: 1\r\nb: 2\r\n",
  ],
  ["empty", "additional_includes:\nnodes: []\n", "nodes: []\n"],
])("the key of the includes is taken out, the rest stays as written: %s", (_, yaml, left) => {
  expect(text(folder(yaml, { x: "x" }))).toBe(left);
});

test("a flow file in another style is written anew, and says the same", () => {
  const flow = folder('{"additional_includes": ["../../x"], "nodes": [], "version": "1.0"}', {
    x: "x",
    "flows/qa/requirements.txt": "bs4\n",
  });

  expect(load(text(flow))).toEqual({
    nodes: [],
    version: "1.0",
    environment: { python_requirements_txt: "requirements.txt" },
  });
});

test("requirements are named in the flow file, or the service would not install them", () => {
  const flow = folder("nodes: []", { "flows/qa/requirements.txt": "bs4\n" });
  expect(text(flow)).toBe("nodes: []\nenvironment:\n  python_requirements_txt: requirements.txt\n");
});

test("requirements join an environment that has an image", () => {
  const flow = folder("environment:\n  image: mine:1\n", { "flows/qa/requirements.txt": "bs4\n" });
  expect(load(text(flow))).toEqual({
    environment: { image: "mine:1", python_requirements_txt: "requirements.txt" },
  });
});

test("requirements that are named already are left alone", () => {
  const yaml = "environment: {python_requirements_txt: other.txt}\n";
  const flow = folder(yaml, { "flows/qa/requirements.txt": "a\n", "flows/qa/other.txt": "b\n" });

  expect(text(flow)).toBe(yaml);
  expect(requirementsOf(flow)).toEqual(["b"]);
});

test("requirements are the lines that pip reads, in their order", () => {
  const lines = "# why\r\n\r\n--extra-index-url https://example.org/simple\r\n  bs4==1 \r\nlxml";
  const flow = folder("nodes: []\n", { "flows/qa/requirements.txt": lines });
  expect(requirementsOf(flow)).toEqual([
    "--extra-index-url https://example.org/simple",
    "bs4==1",
    "lxml",
  ]);
  expect(requirementsOf(folder("nodes: []\n"))).toEqual([]);
});

test("git, caches and the tools file stay behind, and what the folder's own rules say", () => {
  const { ignores } = folder("nodes: []\n", { "flows/qa/.gitignore": "*.log\n" });
  const paths = [
    ".git/x",
    "__pycache__/a.pyc",
    "a/.runs/b",
    ".promptflow/flow.tools.json",
    "x.log",
  ];
  expect(paths.filter((path) => !ignores(path))).toEqual([]);
  expect([".promptflow/flow.layout.json", "x.py"].filter(ignores)).toEqual([]);
});

test("the folder's own rules come after those of every flow, the tools file after them", () => {
  const { ignores } = folder("nodes: []\n", {
    "flows/qa/.amlignore": "!__pycache__\n!.promptflow/flow.tools.json\n",
  });
  expect(ignores("__pycache__/a.pyc")).toBe(false);
  expect(ignores(".promptflow/flow.tools.json")).toBe(true);
});

test("of two ignore files only .amlignore counts", () => {
  const { ignores } = folder("nodes: []\n", {
    "flows/qa/.gitignore": "*.log\n",
    "flows/qa/.amlignore": "*.tmp\n",
  });
  expect(ignores("x.log")).toBe(false);
  expect(ignores("x.tmp")).toBe(true);
});

test("a C# flow keeps its tools file", () => {
  const { ignores } = folder("language: csharp\n");
  expect(ignores(".promptflow/flow.tools.json")).toBe(false);
});

test("a prompty goes up as it is", () => {
  const app = files({ "p/ask.prompty": "---\nname: x\n---\nhi\n", "p/requirements.txt": "a\n" });
  const flow = flowFolder(app, { flow: "p", flowFile: "ask.prompty", app: "x" });
  expect(text(flow, "ask.prompty")).toBe("---\nname: x\n---\nhi\n");
  expect(requirementsOf(flow)).toEqual(["a"]);
});

test.each([
  ["no flow file", {}, "flows/qa/flow.dag.yaml: There is no such file."],
  ["no YAML", { y: "a: [" }, "flows/qa/flow.dag.yaml is no YAML"],
  ["no mapping", { y: "- a\n" }, "flows/qa/flow.dag.yaml has to be a mapping."],
  ["a missing include", { y: "additional_includes: [../nope]\n" }, "../nope is not in the app."],
  [
    "an include outside",
    { y: "additional_includes: [../../../x]\n" },
    "../../../x is outside the app.",
  ],
  ["the app itself", { y: "additional_includes: [../..]\n" }, "../.. is not in the app."],
  ["no list", { y: "additional_includes: x\n" }, "additional_includes: "],
])("a flow folder is refused: %s", (_, { y }: { y?: string }, message) => {
  const app = files(y === undefined ? { "flows/qa/x": "" } : { "flows/qa/flow.dag.yaml": y });
  const read = () => flowFolder(app, place);

  expect(read).toThrow(message);
  expect(read).toThrow(
    expect.objectContaining({
      code: "BUNDLE_INVALID",
      where: expect.objectContaining({ file: "flows/qa/flow.dag.yaml" }),
    }),
  );
});
