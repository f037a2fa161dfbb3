import { describe, expect, test } from "vitest";
import { createValidate } from "#activities/validate.ts";
import { type ErrorBody, PipelineError } from "#domain/errors.ts";
import { readApp } from "#domain/manifest/read-app.ts";
import { collect } from "#kit/collect.ts";
import { anAppWith, latin1, type Mistake, utf16 } from "#kit/mistakes.ts";

/** How the pipeline of this app ends before anything is created for it; undefined if it goes on. */
async function endOf(mistake: Mistake): Promise<ErrorBody | undefined> {
  const app = readApp(anAppWith(mistake), "web");
  const nobodys = { open: () => Promise.reject(new Error("No blob was named.")) };
  const snapshots = {
    async writeSnapshot(_id: string, _index: number, lines: AsyncIterable<string>) {
      await collect(lines);
      return "snapshot";
    },
  };
  const { run } = createValidate({ read: async () => app }, nobodys, snapshots);
  try {
    await run({ id: "web-1", app: "web", bundle: app.digest, data: null });
    return undefined;
  } catch (error) {
    if (error instanceof PipelineError) return error.body;
    throw error;
  }
}

const DATA = "web/data.jsonl";
const WANTED = "JSON Lines has one object on each line";
const ARRAY = "a file that is one array is called .json";
const lines = (text: string | Uint8Array): Mistake => ({ [DATA]: text });
const named = (name: string, text: string | Uint8Array): Mistake => ({
  "web/run.yml": ["data.jsonl", name],
  "web/run_evaluation.yml": ["data.jsonl", name],
  [`web/${name}`]: text,
});

test("a sound app goes on", async () => {
  expect(await endOf({})).toBeUndefined();
});

describe("a dataset", () => {
  test.each<[string, Mistake, number | null, string]>([
    [
      "a comma too much",
      lines('{"url":"a"}\n{"url":"a",}\n'),
      2,
      `${DATA}, line 2, is not valid JSON from character 12 on: a comma too much before }; ${WANTED}.`,
    ],
    [
      "commas between lines",
      lines('{"url":"a"},\n{"url":"b"}\n'),
      1,
      `${DATA}, line 1, is not valid JSON from character 12 on: a comma stands after its end; ${WANTED}.`,
    ],
    [
      "an array over lines",
      lines('[\n{"url":"a"}\n]\n'),
      1,
      `${DATA}, line 1, is not valid JSON from character 2 on: it ends where a value has to stand; ${WANTED}, and ${ARRAY}. Also line 3 is no row.`,
    ],
    [
      "an array",
      lines('[{"url":"a"}]\n'),
      1,
      `${DATA}, line 1, is an array; a row has to be a JSON object, and ${ARRAY}.`,
    ],
    [
      "NaN",
      lines('{"url":NaN}\n'),
      1,
      `${DATA}, line 1, is not valid JSON from character 8 on: NaN and Infinity are no JSON; write null, or leave the row out; ${WANTED}.`,
    ],
    [
      "single quotes",
      lines("{'url':'a'}\n"),
      1,
      `${DATA}, line 1, is not valid JSON from character 2 on: a key stands in double quotes ("); ${WANTED}.`,
    ],
    [
      "a line break in a text",
      lines('{"url":"a\nb"}\n'),
      1,
      `${DATA}, line 1, is not valid JSON from character 8 on: a text is not closed, or a character in it needs a backslash; ${WANTED}. Also line 2 is no row.`,
    ],
    [
      "one object over lines",
      lines('{\n"url":"a"\n}\n'),
      1,
      `${DATA}, line 1, is not valid JSON from character 2 on: it ends before a }; ${WANTED}. Also lines 2, 3 are no row.`,
    ],
    [
      "more bad lines than anybody reads",
      lines(`{"url":"a"}\n${"x\n".repeat(9)}`),
      2,
      `${DATA}, line 2, is not valid JSON from character 1 on: a value has to stand here: a text needs double quotes ("); ${WANTED}. Also lines 3, 4, 5, 6, 7 and more are no row.`,
    ],
    ["UTF-16", lines(utf16('{"url":"a"}\n')), 1, `${DATA}, line 1, is UTF-16; save it as UTF-8.`],
    [
      "another encoding, at the line that has it",
      lines(latin1('{"url":"a"}\n{"url":"b"}\n{"url":"\u00e4"}\n')),
      3,
      `${DATA}, line 3, is not UTF-8 text; save it as UTF-8.`,
    ],
    ["no row", lines("\n"), null, `${DATA} has no rows.`],
    [
      "lines in a .json",
      named("d.json", '{"url":"a"}\n{"url":"b"}\n'),
      2,
      "web/d.json, line 2, is not valid JSON from character 1 on: something stands after its end; JSON Lines is called .jsonl.",
    ],
    [
      "a comma too much in a .json",
      named("d.json", '[\n{"url":"a"},\n]\n'),
      3,
      "web/d.json, line 3, is not valid JSON from character 1 on: a comma too much before ].",
    ],
    [
      "an object in a .json",
      named("d.json", '{"rows":[]}'),
      null,
      "web/d.json is an object; a .json dataset has to be an array of objects.",
    ],
    [
      "a column twice",
      named("d.csv", "url,answer,url\na,b,c\n"),
      1,
      "web/d.csv, line 1, names a column twice: cell 1 and cell 3 are the same; rename one.",
    ],
    [
      "semicolons",
      named("d.csv", "url;answer\na;b\n"),
      1,
      "web/d.csv, line 1, has one column with semicolons in its name; part cells by commas.",
    ],
    [
      "commas in a .tsv",
      named("d.tsv", "url,answer\na,b\n"),
      1,
      "web/d.tsv, line 1, has one column with commas in its name; part cells by tabs, or call the file .csv.",
    ],
    [
      "a comma in a cell",
      named("d.csv", "url,answer\na,b,c\n"),
      2,
      "web/d.csv, line 2, has 3 cells, but there are 2 columns; a cell with commas in it stands in quotes.",
    ],
    [
      "an open quote",
      named("d.csv", 'url,answer\na,"b\n'),
      2,
      'web/d.csv, line 2, has a quote that does not close; a quote inside a cell is written "".',
    ],
    ["a header alone", named("d.csv", "url,answer\n"), null, "web/d.csv has no rows."],
    [
      "a spreadsheet",
      named("d.xlsx", "PK"),
      null,
      "web/d.xlsx is a spreadsheet; save it as CSV (.csv), in UTF-8.",
    ],
  ])("with %s", async (_, mistake, line, message) => {
    const file = /^[^ ,]+/.exec(message)?.[0];

    expect(await endOf(mistake)).toEqual({ code: "DATA_INVALID", message, file, line, node: null });
  });
});

describe("a column that no row has", () => {
  const rest = "Correct the mapping, or the dataset.";
  const flow = "evaluation/accuracy/flow.dag.yaml";

  test.each<[string, Mistake, string, number, string]>([
    [
      "by its mapping",
      { "web/run.yml": ["${data.url}", "${data.link}"] },
      "web/run.yml",
      4,
      `web/run.yml:4 maps url to \${data.link}, but no row of ${DATA} has the column link. ${rest}`,
    ],
    [
      "in another case",
      lines('{"Url":"a","answer":"App"}\n'),
      "web/run.yml",
      4,
      `web/run.yml:4 maps url to \${data.url}, but no row of ${DATA} has the column url (did you mean "Url"?). ${rest}`,
    ],
    [
      "of the run before",
      { "web/run_evaluation.yml": ["${data.answer}", "${run.inputs.answr}"] },
      "web/run_evaluation.yml",
      4,
      `web/run_evaluation.yml:4 maps truth to \${run.inputs.answr}, but no row of ${DATA} has the column answr (did you mean "answer"?). ${rest}`,
    ],
    [
      "that nothing is mapped to",
      { "web/run_evaluation.yml": ["  truth: ${data.answer}\n", ""] },
      "web/run_evaluation.yml",
      3,
      `web/run_evaluation.yml:3 maps nothing to truth, an input without a default of ${flow}, but no row of ${DATA} has the column truth. ${rest}`,
    ],
    [
      "with a blank before it",
      named("d.csv", "url, answer\na,b\n"),
      "web/run_evaluation.yml",
      4,
      `web/run_evaluation.yml:4 maps truth to \${data.answer}, but no row of web/d.csv has the column answer (did you mean " answer"?). ${rest}`,
    ],
  ])("%s", async (_, mistake, file, line, message) => {
    expect(await endOf(mistake)).toEqual({ code: "DATA_INVALID", message, file, line, node: null });
  });

  test("are told together", async () => {
    const end = await endOf(lines('{"text":"a"}\n'));

    expect(end?.message).toMatch(
      /web\/run\.yml:4 .* column url\. web\/run_evaluation\.yml:4 .* column answer\. /,
    );
  });

  test.each<[string, Mistake]>([
    ["if one row has it", lines('{"url":"a"}\n{"answer":"App"}\n')],
    [
      "if the evaluation has data of its own",
      {
        "web/run_evaluation.yml": ["data.jsonl", "truth.jsonl"],
        "web/truth.jsonl": "{}\n",
        [DATA]: '{"url":"a"}\n',
      },
    ],
    [
      "if the flow has a default",
      {
        "web/flow.dag.yaml": ["{ type: string }\n  text", "{ type: string, default: a }\n  text"],
        "web/run.yml": ["column_mapping:\n  url: ${data.url}\n", ""],
        [DATA]: '{"answer":"App"}\n',
      },
    ],
  ])("is no error %s", async (_, mistake) => {
    expect(await endOf(mistake)).toBeUndefined();
  });
});

describe("a flow that could not be loaded", () => {
  const FLOW = "web/flow.dag.yaml";
  const flow = (...change: [string, string]): Mistake => ({ [FLOW]: change });

  test.each<[string, Mistake, number, string | null, string]>([
    [
      "a node that is not there",
      flow("${ask.output}", "${aks.output}"),
      14,
      "parse",
      "nodes.1.inputs.reply: ${aks.output}: there is no node aks; did you mean ask?",
    ],
    [
      "an input that is not there",
      flow("${inputs.url}", "${inputs.uri}"),
      10,
      "ask",
      "nodes.0.inputs.url: ${inputs.uri}: the flow has no input uri; did you mean url?",
    ],
    [
      "an output of nobody",
      flow("${parse.output}", "${read.output}"),
      5,
      null,
      "outputs.category.reference: ${read.output}: there is no node read; there are ask, parse",
    ],
    [
      "nodes that wait for each other",
      flow("url: '${inputs.url}'", "url: '${parse.output}'"),
      7,
      "ask",
      "nodes.0: ask needs parse needs ask; remove one of these references",
    ],
    [
      "a node that waits for itself",
      flow("reply: '${ask.output}'", "reply: '${parse.output}'"),
      11,
      "parse",
      "nodes.1: parse needs parse; remove one of these references",
    ],
    [
      "a file that is not there",
      flow("parse.py", "Parse.py"),
      13,
      "parse",
      "nodes.1.source.path: Parse.py is not in the flow's folder",
    ],
    [
      "a type of node",
      flow("type: llm", "type: lmm"),
      8,
      "ask",
      "nodes.0.type: lmm is no type of a node; did you mean llm?",
    ],
    [
      "a type of input",
      flow("type: string }", "type: strin }"),
      2,
      null,
      "inputs.url.type: strin is no type of an input; did you mean string?",
    ],
    [
      "two nodes of a name",
      flow("- name: parse", "- name: ask"),
      11,
      "ask",
      "nodes.1.name: there are two nodes ask; rename one",
    ],
    [
      "a node without a name",
      flow("- name: ask\n  type", "- type"),
      7,
      null,
      "nodes.0.name: a node needs a name",
    ],
    [
      "a condition",
      flow("  inputs: { reply", "  activate: { when: '${inputs.no}', is: 1 }\n  inputs: { reply"),
      14,
      "parse",
      "nodes.1.activate.when: ${inputs.no}: the flow has no input no; there are url, text",
    ],
  ])("%s", async (_, mistake, line, node, words) => {
    const end = await endOf({
      "web/run.yml": ["connections:\n  ask: { connection: open_ai }\n", ""],
      ...mistake,
    });

    expect(end).toMatchObject({ code: "BUNDLE_INVALID", file: FLOW, line, node });
    expect(end?.message).toContain(`${FLOW}:${line} ${words}.`);
  });

  test("tells everything of both flows at once", async () => {
    const end = await endOf({
      ...flow("parse.py", "read.py"),
      "evaluation/accuracy/grade.py": null,
    });

    expect(end?.message).toBe(
      `The flow cannot be loaded. ${FLOW}:13 nodes.1.source.path: read.py is not in the flow's folder. evaluation/accuracy/flow.dag.yaml:6 nodes.0.source.path: grade.py is not in the flow's folder.`,
    );
  });

  test("takes an input for no node, whatever the nodes are called", async () => {
    const called = [
      "inputs: { url: { type: string } }",
      "outputs: { category: { type: string, reference: '${inputs.url}' } }",
      "nodes:",
      "- name: flow",
      "  type: python",
      "  source: { type: code, path: parse.py }",
      "  inputs: { url: '${flow.url}' }",
      "",
    ].join("\n");
    const unnamed: Mistake = {
      "web/run.yml": ["connections:\n  ask: { connection: open_ai }\n", ""],
    };
    expect(await endOf({ ...unnamed, [FLOW]: called })).toBeUndefined();
  });

  const varied = (chosen: string): Mistake => ({
    [FLOW]: [
      "nodes:\n- name: ask\n  type: llm\n  source: { type: code, path: ask.jinja2 }\n  inputs: { url: '${inputs.url}' }\n",
      [
        "node_variants:",
        "  ask:",
        "    default_variant_id: good",
        "    variants:",
        "      good: { node: { type: llm, source: { type: code, path: ask.jinja2 } } }",
        "      bad: { node: { type: llm, source: { type: code, path: nope.jinja2 } } }",
        "nodes:",
        "- name: ask",
        "  use_variants: true",
        "  source: { type: code, path: old.jinja2 }",
        "",
      ].join("\n"),
    ],
    "flowgate.yaml": `variants: [${chosen}]\n`,
  });

  test("counts the variants that will run, and no other", async () => {
    expect(await endOf(varied(""))).toBeUndefined();
    expect(await endOf(varied("'${ask.bad}'"))).toMatchObject({
      file: FLOW,
      line: 11,
      node: "ask",
    });
  });

  test("knows what is included", async () => {
    expect(
      await endOf({
        [FLOW]: ["inputs:\n  url", "additional_includes: [../shared/parse.py]\ninputs:\n  url"],
        "web/parse.py": null,
        "shared/parse.py": "# read\n",
      }),
    ).toBeUndefined();
  });
});
