import { dump, load } from "js-yaml";
import { PipelineError } from "./errors.ts";
import { isJsonObject } from "./json-object.ts";

/** The mapping in a flow's YAML; BUNDLE_INVALID names the file when there is none. */
export function readFlowYaml(text: string, file: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = load(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PipelineError("BUNDLE_INVALID", `${file} is no YAML: ${reason}`, {
      cause,
      where: { file },
    });
  }
  if (isJsonObject(value)) return value;
  throw new PipelineError("BUNDLE_INVALID", `${file} has to be a mapping.`, { where: { file } });
}

export interface FlowYamlEdit {
  /** A top-level key that is taken out. */
  readonly removes: string;
  /** Becomes `environment.python_requirements_txt`. */
  readonly requirements: string | null;
}

/**
 * Changes no more of the text than has to be: comments, quotes and scalars of other YAML dialects
 * stay as their author wrote them. Where that cannot be done by lines, the whole is written anew.
 */
export function editFlowYaml(
  text: string,
  yaml: Readonly<Record<string, unknown>>,
  { removes, requirements }: FlowYamlEdit,
): string {
  const wanted = Object.fromEntries(Object.entries(yaml).filter(([key]) => key !== removes));
  let edited = removes in yaml ? withoutKey(text, removes) : text;
  if (requirements !== null) {
    const environment = isJsonObject(yaml.environment) ? yaml.environment : {};
    wanted.environment = { ...environment, python_requirements_txt: requirements };
    const addition = `environment:\n  python_requirements_txt: ${requirements}\n`;
    edited += (edited === "" || edited.endsWith("\n") ? "" : "\n") + addition;
  }
  return says(edited, wanted) ? edited : dump(wanted, { noRefs: true, lineWidth: -1 });
}

function withoutKey(text: string, key: string): string {
  const lines = text.split(/(?<=\n)/);
  const start = lines.findIndex((line) => new RegExp(`^(["']?)${key}\\1\\s*:`).test(line));
  if (start === -1) return text;
  // Anything at the margin that is neither a list item nor blank begins the next key.
  const length = lines.slice(start + 1).findIndex((line) => /^[^\s-]/.test(line));
  const end = length === -1 ? lines.length : start + 1 + length;
  return [...lines.slice(0, start), ...lines.slice(end)].join("");
}

function says(text: string, wanted: unknown): boolean {
  try {
    return JSON.stringify(sorted(load(text))) === JSON.stringify(sorted(wanted));
  } catch {
    return false;
  }
}

function sorted(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
