import { expect, test } from "vitest";
import { latin1, type Mistake, toldAtUpload, utf16 } from "#kit/mistakes.ts";

const only = (text: string | Uint8Array): Mistake => ({ "flowgate.yaml": text });
const gate = (text: string): Mistake => only(`name: web\ngate: ${text}\n`);
const deploy = (text: string): Mistake => only(`deploy: ${text}\n`);
const misnamed = "has to be flowgate.yaml, at the root of the app folder; rename or move it";

test("a sound app is told nothing", () => {
  expect(toldAtUpload({})).toEqual([]);
});

test.each<[string, Mistake, string]>([
  [
    "a tab",
    only("gate:\n\tminRows: 1\n"),
    "flowgate.yaml:2: is not valid YAML: tab characters must not be used in indentation; indent with spaces",
  ],
  [
    "a key twice",
    only("gate: {}\ngate: {}\n"),
    "flowgate.yaml:2: is not valid YAML: duplicated mapping key; keep one of the two",
  ],
  [
    "an alias of nothing",
    only("gate: *base\n"),
    'flowgate.yaml:1: is not valid YAML: unidentified alias "base"; a text that begins with * has to stand in quotes',
  ],
  [
    "two documents",
    only("name: web\n---\nname: b\n"),
    "flowgate.yaml:2: is not valid YAML: expected a single document in the stream, but found more; keep one, without a line ---",
  ],
  ["UTF-16", only(utf16("name: web\n")), "flowgate.yaml:1: is UTF-16; save it as UTF-8"],
  [
    "another encoding",
    only(latin1("name: web\n# gr\u00fc\u00df\n")),
    "flowgate.yaml:2: is not UTF-8 text; save it as UTF-8",
  ],
  [
    "a list",
    only("- name: web\n"),
    "flowgate.yaml:1: has to be a map of keys and values, but is a list",
  ],
  [
    "a key of another level",
    only("metrics: []\n"),
    "flowgate.yaml:1 metrics: unknown key metrics; it belongs under gate",
  ],
  [
    "a key in another case",
    only("Gate: {}\n"),
    "flowgate.yaml:1 Gate: unknown key Gate; did you mean gate?",
  ],
  [
    "another name",
    { "flowgate.yaml": null, "flowgate.yml": "name: web\n" },
    `flowgate.yml: ${misnamed}`,
  ],
  [
    "another case of its name",
    { "flowgate.yaml": null, "Flowgate.yaml": "name: web\n" },
    `Flowgate.yaml: ${misnamed}`,
  ],
  [
    "another folder",
    { "flowgate.yaml": null, "web/flowgate.yaml": "name: web\n" },
    `web/flowgate.yaml: ${misnamed}`,
  ],
  [
    "a key with nothing",
    only("gate:\n"),
    "flowgate.yaml:1 gate: has to be a map of keys and values, but is empty; fill it in, or leave the key out",
  ],
  [
    "a duration without unit",
    only("runTimeout: 30\n"),
    'flowgate.yaml:1 runTimeout: a whole number with s, m or h, e.g. "30m"',
  ],
  [
    "no time at all",
    only("environment: { timeout: 0m }\n"),
    "flowgate.yaml:1 environment.timeout: has to be more than 0",
  ],
  [
    "metrics as a map",
    gate("{ metrics: { accuracy: 0.6 } }"),
    "flowgate.yaml:2 gate.metrics: has to be a list, but is a map of keys and values; each item of a list begins with a hyphen",
  ],
  [
    "a percentage",
    gate("{ confidence: 95 }"),
    "flowgate.yaml:2 gate.confidence: has to be less than 1: 0.95 is 95 %",
  ],
  [
    "a percentage of failures",
    gate("{ maxErrorRate: 5 }"),
    "flowgate.yaml:2 gate.maxErrorRate: has to be at most 1: 0.05 is 5 %",
  ],
  [
    "half a row",
    gate("{ minRows: 1.5 }"),
    "flowgate.yaml:2 gate.minRows: has to be a whole number, but is none",
  ],
  [
    "a bound that contradicts",
    gate("{ metrics: [{ name: f1, min: 0.9, max: 0.1 }] }"),
    "flowgate.yaml:2 gate.metrics.0.min: is more than max, so nothing could ever pass",
  ],
  [
    "an accuracy below 0",
    gate("{ metrics: [{ name: accuracy, max: -1 }] }"),
    "flowgate.yaml:2 gate.metrics.0.max: accuracy is a share from 0 to 1, so nothing could ever pass",
  ],
  [
    "an output that nobody has",
    gate("{ correct: { output: grades, equals: Correct } }"),
    "flowgate.yaml:2 gate.correct.output: evaluation/accuracy/flow.dag.yaml has no output grades to say whether a row is right; did you mean grade?",
  ],
  [
    "a branch outside a list",
    deploy("{ when: main }"),
    "flowgate.yaml:1 deploy.when: has to be a list, but is text; write it in [ ]",
  ],
  [
    "a ref",
    deploy("{ when: [refs/heads/main] }"),
    "flowgate.yaml:1 deploy.when.0: has to be a branch's name alone, without refs/heads/",
  ],
  [
    "a pattern",
    deploy("{ when: ['release/*'] }"),
    "flowgate.yaml:1 deploy.when.0: has to be a branch's name; patterns are not known, name each branch",
  ],
  [
    "steps that fall",
    deploy("{ rollout: { steps: [50, 10, 100] } }"),
    "flowgate.yaml:1 deploy.rollout.steps: each step is larger than the one before",
  ],
  [
    "steps that end early",
    deploy("{ rollout: { steps: [10] } }"),
    "flowgate.yaml:1 deploy.rollout.steps: the last step is 100",
  ],
  [
    "a path in another case",
    only("run: Web/run.yml\n"),
    "flowgate.yaml:1 run: Web/run.yml is not in the bundle; did you mean web/run.yml? Case counts.",
  ],
  [
    "a misspelt path",
    only("datasets: [web/dat.jsonl]\n"),
    "flowgate.yaml:1 datasets.0: web/dat.jsonl is not in the bundle; did you mean web/data.jsonl?",
  ],
  [
    "a folder for a file",
    only("datasets: [web]\n"),
    "flowgate.yaml:1 datasets.0: web is a folder; name one file",
  ],
  [
    "an absolute path",
    only("run: /srv/web/run.yml\n"),
    "flowgate.yaml:1 run: a path inside the app folder, with forward slashes",
  ],
  [
    "a bare variant",
    only("variants: [short]\n"),
    "flowgate.yaml:1 variants.0: has to be written as ${node.variant}",
  ],
  [
    "a sample request that is not there",
    deploy("{ smoke: deployment/sample_request.json }"),
    "flowgate.yaml:1 deploy.smoke: deployment/sample_request.json is not in the bundle; did you mean deployment/sample-request.json?",
  ],
])("%s", (_, mistake, sentence) => {
  expect(toldAtUpload(mistake)).toEqual([sentence]);
});

test("what is wrong in several places is told at once", () => {
  const text = "name: web\ngate: { metrics: [] }\ndeploy: { when: ['*'] }\n";

  expect(toldAtUpload(only(text)).map((sentence) => sentence.split(":")[1])).toEqual([
    "2 gate.metrics",
    "3 deploy.when.0",
  ]);
});
