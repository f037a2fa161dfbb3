import { describe, expect, test } from "vitest";
import { FlowError } from "#emulators/azure-ml/engine/engine.ts";
import { aTool, ref } from "./a-flow.ts";
import { loadFlow } from "./run-flow.ts";

const tool = aTool("def run(n=0)", "return n");
const node = (name: string, more = "") =>
  `- {name: ${name}, type: python, source: {type: code, path: tool.py}${more}}`;
const aDag = (nodes: string, more = "inputs: {n: {type: int}}") => `${more}\nnodes:\n${nodes}\n`;

describe("a flow that no line could survive is refused with its place", () => {
  test.each([
    [
      "InputReferenceNotFound",
      aDag(node("a", `, inputs: {n: "${ref("inputs.x")}"}`)),
      "Node 'a' at flow.dag.yaml:3 references the flow input 'x'",
    ],
    [
      "NodeReferenceNotFound",
      aDag(node("a", `, inputs: {n: "${ref("b.output")}"}`)),
      "references the node 'b', which is not in the flow",
    ],
    [
      "NodeReferenceNotFound",
      aDag(node("a", `, activate: {when: "${ref("b.output")}", is: 1}`)),
      "references the node 'b'",
    ],
    [
      "DuplicateNodeName",
      aDag(`${node("a")}\n${node("a")}`),
      "Node name 'a' at flow.dag.yaml:4 is taken by the node at flow.dag.yaml:3",
    ],
    [
      "NodeCircularDependency",
      aDag(
        `${node("a", `, inputs: {n: "${ref("b")}"}`)}\n${node("b", `, inputs: {n: "${ref("a")}"}`)}`,
      ),
      "in a circle: a, b",
    ],
    [
      "InvalidNodeReference",
      aDag(
        `${node("a", ", aggregation: true")}\n${node("b", `, inputs: {n: "${ref("a.output")}"}`)}`,
      ),
      "Node 'b' at flow.dag.yaml:4 runs per line and cannot reference the aggregation node 'a'",
    ],
    [
      "InvalidNodeReference",
      aDag(
        `${node("a")}\n${node("b", `, aggregation: true, activate: {when: "${ref("a.output")}", is: 1}`)}`,
      ),
      "reads 'a', which runs per line",
    ],
    [
      "EmptyOutputReference",
      aDag(node("a"), "outputs:\n  x: {type: string}"),
      "The output 'x' at flow.dag.yaml:2 has no reference",
    ],
    [
      "OutputReferenceNotFound",
      aDag(node("a"), `outputs: {x: {type: string, reference: "${ref("b.output")}"}}`),
      "The output 'x' references the node 'b'",
    ],
    [
      "OutputReferenceNotFound",
      aDag(node("a"), `outputs: {x: {type: string, reference: "${ref("inputs.b")}"}}`),
      "references the flow input 'b'",
    ],
    [
      "FlowDefinitionError",
      "inputs:\n  n:\n    type: String\n",
      "The type of input 'n' at flow.dag.yaml:3 is 'String'. It is one of int, double",
    ],
    [
      "FlowDefinitionError",
      aDag(node("a", ", activate: {when: x}")),
      "The activate of node 'a' at flow.dag.yaml:3 needs both 'when' and 'is'",
    ],
    [
      "FlowDefinitionError",
      "inputs: {}\ninputs: {}\n",
      "flow.dag.yaml:2 is not valid YAML: duplicated mapping key",
    ],
    ["FlowDefinitionError", "nodes: [\n", "flow.dag.yaml:2 is not valid YAML"],
    ["FlowDefinitionError", "nodes: {}\n", "'nodes' at flow.dag.yaml:1 is not a list"],
    ["FlowDefinitionError", "- a\n", "flow.dag.yaml is not a map of flow keys"],
    [
      "FlowDefinitionError",
      "additional_includes: x\n",
      "'additional_includes' at flow.dag.yaml:1 is not a list",
    ],
    [
      "AdditionalIncludeNotFound",
      "additional_includes:\n- ../nope.py\n",
      "Unable to find additional include ../nope.py (flow.dag.yaml:2).",
    ],
    [
      "InvalidSource",
      aDag("- {name: a, type: python, source: {type: code, path: gone.py}}"),
      "Tool load failed in 'a': (InvalidSource) Node source path 'gone.py' does not exist",
    ],
    [
      "InvalidSource",
      aDag("- {name: a, type: llm}"),
      "Tool load failed in 'a': (InvalidSource) Node source path is missing",
    ],
    [
      "NotImplementedError",
      aDag("- {name: a, source: {type: code, path: tool.py}}"),
      "Tool load failed in 'a': (NotImplementedError) Tool type None is not supported",
    ],
    [
      "NotImplementedError",
      aDag("- {name: a, type: csharp, source: {type: package, tool: a.b}}"),
      "Node type csharp is not supported by the builtin engine yet",
    ],
    [
      "InvalidSource",
      aDag("- {name: a, type: custom_llm, source: {type: package_with_prompt}}"),
      "Node source path is missing. A python node names its file in source.path.",
    ],
    [
      "PackageToolNotFoundError",
      aDag("- {name: a, type: python, source: {type: package, tool: x.y}}"),
      "Package tool 'x.y' is not found",
    ],
    [
      "PythonLoadError",
      "entry: hello:run\n",
      "(ModuleNotFoundError) No module named 'hello'. The module 'hello' is missing",
    ],
    [
      "InvalidFlexFlowEntry",
      "# ours\nentry: hello\n",
      "The entry 'hello' at flow.dag.yaml:2 is not of the form 'module:function' or 'module:Class'",
    ],
    [
      "InvalidMessageFormatType",
      "message_format: pictures\n",
      "The message_format 'pictures' at flow.dag.yaml:1 is not known. It is basic or openai-vision.",
    ],
    [
      "NotSupported",
      "language: csharp\n",
      "A flow in language 'csharp' is not supported by the builtin engine yet",
    ],
    [
      "NodeInputValidationError",
      aDag("- {name: a, type: prompt, source: {type: code, path: tool.py}, inputs: {template: x}}"),
      "cannot have an input named 'template'",
    ],
    [
      "NodeInputValidationError",
      aDag(
        "- {name: a, type: llm, connection: c, source: {type: code, path: tool.py}, inputs: {temperature: warm}}",
      ),
      "the value of 'temperature' for node 'a' is not of type 'double'",
    ],
    [
      "GetConnectionError",
      aDag("- {name: a, type: llm, source: {type: code, path: tool.py}}"),
      "The llm node at flow.dag.yaml:3 has no connection",
    ],
    [
      "APINotFound",
      aDag(
        "- {name: a, type: llm, api: embedding, connection: c, source: {type: code, path: tool.py}}",
      ),
      "The API 'embedding' of the llm node at flow.dag.yaml:3 is not found. Use 'api: chat' or 'api: completion'.",
    ],
    [
      "FailedToImportModule",
      aDag(
        "- {name: a, type: llm, module: promptflow.tools.gone, source: {type: code, path: tool.py}}",
      ),
      "The module 'promptflow.tools.gone' of the llm node 'a' at flow.dag.yaml:3 does not exist",
    ],
    [
      "NodeInputValidationError",
      aDag("- {name: a, type: llm, connection: c, source: {type: code, path: taken.jinja2}}"),
      "taken.jinja2 of node 'a' at flow.dag.yaml:3 has variables that the llm tool has as its own inputs: prompt, max_tokens.",
    ],
    [
      "NodeInputValidationError",
      aDag("- {name: a, type: prompt, source: {type: code, path: template.jinja2}}"),
      "has variables that the prompt tool has as its own inputs: template.",
    ],
    [
      "TemplateSyntaxError",
      aDag("- {name: a, type: prompt, source: {type: code, path: broken.jinja2}}"),
      "'broken.jinja2' is not a jinja2 template that can be read",
    ],
  ])("%s: %j", async (code, dag, message) => {
    const failure = await loadFlow({
      "flow.dag.yaml": dag,
      "tool.py": tool,
      "broken.jinja2": "{% if %}",
      "taken.jinja2":
        "user:\n{{ prompt | upper }} {% if max_tokens > 1 %}{% endif %} {{ a.stop }} {% for n in x %}{{ n }}{% endfor %}",
      "template.jinja2": "{{ template }}",
    }).then(
      () => undefined,
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(FlowError);
    expect(failure).toMatchObject({ message: expect.stringContaining(message) });
    expect((failure as FlowError).body.innerCodes.at(-1)).toBe(code);
  });

  test("a missing flow file", async () => {
    await expect(loadFlow({}, {})).rejects.toThrow("Cannot read flow.dag.yaml: ENOENT");
  });

  test.each(["many", "0"])("PF_WORKER_COUNT %s", async (count) => {
    const environmentVariables = { PF_WORKER_COUNT: count };

    await expect(loadFlow({ "flow.dag.yaml": "" }, { environmentVariables })).rejects.toThrow(
      `PF_WORKER_COUNT is '${count}'; it is a number above 0.`,
    );
  });

  test("PROMPTFLOW_RESPONSE_INCLUDED_FIELDS that is no list", async () => {
    const environmentVariables = { PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: "answer" };

    await expect(loadFlow({ "flow.dag.yaml": "" }, { environmentVariables })).rejects.toThrow(
      "PROMPTFLOW_RESPONSE_INCLUDED_FIELDS is not a JSON list of output names: answer.",
    );
  });
});

describe("an error has the codes of prompt flow's classes, outermost first", () => {
  test.each([
    [
      "- {name: a, type: python, source: {type: code, path: nowhere.py}}",
      "UserError/ValidationError/InvalidSource",
    ],
    [
      `- {name: a, type: python, source: {type: code, path: tool.py}, inputs: {n: "${ref("inputs.nope")}"}}`,
      "UserError/ValidationError/InvalidFlowRequest/InputReferenceNotFound",
    ],
    [
      "- {name: a, type: llm, source: {type: code, path: tool.py}}",
      "UserError/ValidationError/InvalidRequest/GetConnectionError",
    ],
    [
      "- {name: a, type: prompt, source: {type: code, path: broken.jinja2}}",
      "SystemError/TemplateSyntaxError",
    ],
    [
      "- {name: a, type: python, source: {type: code, path: nowhere.py}, activate: {when: dummy}}",
      "UserError/FlowDefinitionError",
    ],
  ])("%s", async (node, codes) => {
    const files = { "flow.dag.yaml": aDag(node), "tool.py": "", "broken.jinja2": "{{ a" };
    const failure = await loadFlow(files).catch((error: unknown) => error);

    const { code, innerCodes } = (failure as FlowError).body;
    expect([code, ...innerCodes].join("/")).toBe(codes);
  });
});
