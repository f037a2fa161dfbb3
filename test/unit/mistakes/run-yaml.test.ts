import { expect, test } from "vitest";
import { type Change, type Mistake, toldAtUpload, utf16 } from "#kit/mistakes.ts";

const RUN = "web/run.yml";
const EVALUATION = "web/run_evaluation.yml";
const FLOW = "web/flow.dag.yaml";
const run = (...change: [string, string]): Mistake => ({ [RUN]: change });
const grade = (...change: [string, string]): Mistake => ({ [EVALUATION]: change });
const and = (mistake: Mistake, files: Readonly<Record<string, Change>>) => ({
  ...mistake,
  ...files,
});

test.each<[string, Mistake, string]>([
  ["a misspelt key", run("data:", "dta:"), `${RUN}:2 dta: unknown key dta; did you mean data?`],
  [
    "a key of another language",
    run("column_mapping", "columnMapping"),
    `${RUN}:3 columnMapping: unknown key columnMapping; did you mean column_mapping?`,
  ],
  [
    "a dataset in another case",
    run("data.jsonl", "Data.jsonl"),
    `${RUN}:2 data: Data.jsonl is not in the bundle; did you mean data.jsonl? Case counts.`,
  ],
  [
    "a dataset of another folder",
    grade("data: data.jsonl", "data: ../data.jsonl"),
    `${EVALUATION}:2 data: ../data.jsonl is not in the bundle; did you mean data.jsonl?`,
  ],
  [
    "a flow in another case",
    grade("accuracy", "Accuracy"),
    `${EVALUATION}:1 flow: ../evaluation/Accuracy is not in the bundle; only DAG flows can be run; did you mean ../evaluation/accuracy? Case counts.`,
  ],
  [
    "a flow file of another ending",
    { [FLOW]: null, "web/flow.dag.yml": "inputs: {}\n" },
    `${RUN}:1 flow: . has no flow.dag.yaml; only DAG flows can be run; rename flow.dag.yml`,
  ],
  [
    "a prompty",
    and(run("flow: .", "flow: a.prompty"), { "web/a.prompty": "---\nname: a\n---\nuser:\n" }),
    `${RUN}:1 flow: a.prompty is no DAG flow; name the folder of a flow.dag.yaml`,
  ],
  [
    "an input that is not there",
    run("  url:", "  urll:"),
    `${RUN}:4 column_mapping.urll: ${FLOW} has no input urll; did you mean url?`,
  ],
  [
    "a source that is not there",
    run("${data.url}", "${dat.url}"),
    `${RUN}:4 column_mapping.url: \${dat.url} is no column; write \${data.column}`,
  ],
  [
    "outputs of no run",
    run("${data.url}", "${run.outputs.url}"),
    `${RUN}:4 column_mapping.url: \${run.outputs.url} is no column; write \${data.column}`,
  ],
  [
    "a bracket left open",
    run("${data.url}", "${data.url"),
    `${RUN}:4 column_mapping.url: \${data.url is not closed; write \${data.url}`,
  ],
  [
    "no brackets",
    run("${data.url}", "data.url"),
    `${RUN}:4 column_mapping.url: is the text data.url; the column is written \${data.url}`,
  ],
  [
    "an output that is not there",
    grade("category", "categry"),
    `${EVALUATION}:5 column_mapping.said: \${run.outputs.categry}: ${FLOW} has no output categry; did you mean category?`,
  ],
  [
    "a source nearly right",
    grade("run.outputs", "runs.outputs"),
    `${EVALUATION}:5 column_mapping.said: \${runs.outputs.category} is no column; write \${data.column}, \${run.inputs.column} or \${run.outputs.output}`,
  ],
  [
    "a column of no data",
    grade("data: data.jsonl\n", ""),
    `${EVALUATION}:3 column_mapping.truth: \${data.answer} needs data in this file; or write \${run.inputs.answer}`,
  ],
  [
    "an input from nowhere",
    {
      [EVALUATION]:
        "flow: ../evaluation/accuracy\ncolumn_mapping:\n  said: ${run.outputs.category}\n",
    },
    `${EVALUATION}:2 column_mapping: needs truth: evaluation/accuracy/flow.dag.yaml has no default for it, and this file no data`,
  ],
  [
    "a node that is not there",
    run("ask:", "aks:"),
    `${RUN}:6 connections.aks: ${FLOW} has no node aks; did you mean ask?`,
  ],
  [
    "a connection without a key",
    run("{ connection: open_ai }", "open_ai"),
    `${RUN}:6 connections.ask: has to be a map of keys and values, but is text`,
  ],
  [
    "a variant that is not there",
    run("data:", "variant: ${ask.short}\ndata:"),
    `${RUN}:2 variant: ${FLOW} has no \${ask.short}`,
  ],
  [
    "a variable without a value",
    run("data:", "environment_variables:\n  A:\ndata:"),
    `${RUN}:3 environment_variables.A: has to be text, a number or true or false, but is empty; fill it in, or leave the key out`,
  ],
  [
    "variables as a list",
    run("data:", "environment_variables: [A=1]\ndata:"),
    `${RUN}:2 environment_variables: has to be text or a map of keys and values, but is a list`,
  ],
  [
    "a line of variables",
    and(run("data:", "environment_variables: my.env\ndata:"), { "web/my.env": "A=1\n\nB\n" }),
    "web/my.env:3: is not KEY=value; a comment begins with #",
  ],
  [
    "a file of variables",
    run("data:", "environment_variables: my.env\ndata:"),
    `${RUN}:2 environment_variables: my.env is not in the bundle`,
  ],
  [
    "init that is no JSON",
    and(run("data:", "init: init.json\ndata:"), { "web/init.json": "{\n 'a': 1}" }),
    'web/init.json:2: is not valid JSON: a key stands in double quotes (")',
  ],
  [
    "init that is no object",
    and(run("data:", "init: init.json\ndata:"), { "web/init.json": "[1]" }),
    "web/init.json:1: is an array; it has to be a JSON object, in { }",
  ],
  [
    "init in UTF-16",
    and(run("data:", "init: init.json\ndata:"), { "web/init.json": utf16("{}") }),
    "web/init.json:1: is UTF-16; save it as UTF-8",
  ],
  [
    "init outside",
    run("data:", "init: ../../init.json\ndata:"),
    `${RUN}:2 init: ../../init.json leads out of the app folder`,
  ],
  [
    "an empty flow",
    { "evaluation/accuracy/flow.dag.yaml": "# later\n" },
    "evaluation/accuracy/flow.dag.yaml:1: is empty; a flow has inputs, outputs and nodes",
  ],
  [
    "an include that is not there",
    { [FLOW]: ["inputs:", "additional_includes:\n- ../shared\ninputs:"] },
    `${FLOW}:2 additional_includes.0: ../shared is not in the bundle`,
  ],
  [
    "an include outside",
    { [FLOW]: ["inputs:", "additional_includes:\n- ../../shared\ninputs:"] },
    `${FLOW}:2 additional_includes.0: ../../shared leads out of the app folder`,
  ],
  [
    "everything included",
    { [FLOW]: ["inputs:", "additional_includes: [..]\ninputs:"] },
    `${FLOW}:1 additional_includes.0: .. is the app folder itself; name what is needed of it`,
  ],
  [
    "includes outside a list",
    { [FLOW]: ["inputs:", "additional_includes: ../shared\ninputs:"] },
    `${FLOW}:1 additional_includes: has to be a list, but is text; write it in [ ]`,
  ],
  [
    "requirements that are not there",
    { [FLOW]: ["inputs:", "environment: { python_requirements_txt: reqs.txt }\ninputs:"] },
    `${FLOW}:1 environment.python_requirements_txt: reqs.txt is not in the bundle`,
  ],
  [
    "a requirement as Conda writes it",
    { "web/requirements.txt": "# web\nbs4=0.0.2\n" },
    "web/requirements.txt:2: bs4=0.0.2 is no requirement; write bs4==0.0.2",
  ],
  [
    "requirements in UTF-16",
    { "web/requirements.txt": utf16("bs4\n") },
    "web/requirements.txt:1: is UTF-16; save it as UTF-8",
  ],
])("%s", (_, mistake, sentence) => {
  expect(toldAtUpload(mistake)).toEqual([sentence]);
});

test("what both run YAMLs do not say rightly is told at once", () => {
  const told = toldAtUpload({ [RUN]: ["ask:", "aks:"], [EVALUATION]: ["category", "kind"] });

  expect(told.map((sentence) => sentence.split(" ")[0])).toEqual([`${RUN}:6`, `${EVALUATION}:5`]);
});

test("what a flow does not say, nothing is compared with", () => {
  expect(toldAtUpload({ [FLOW]: "nodes: []\n" })).toEqual([]);
});

test("requirements may come by an include", () => {
  const flow =
    "additional_includes: [../shared]\nenvironment: { python_requirements_txt: shared/r.txt }\n";

  expect(toldAtUpload({ [FLOW]: flow, "shared/r.txt": "bs4\n" })).toEqual([]);
});
