import type { Clock } from "#emulators/kit/clock.ts";
import { findImages, parseChat } from "./chat.ts";
import { AZURE, type Connection } from "./connections.ts";
import { LineError, userError } from "./errors.ts";
import { renderTemplate } from "./jinja.ts";
import type { JinjaNode } from "./jinja-syntax.ts";
import { messageOf, textOf, type Usage, usageOf } from "./llm-answer.ts";
import {
  completionParameters,
  isApiParameter,
  requestParameters,
  usesTools,
} from "./llm-parameters.ts";
import { askModel } from "./model-client.ts";
import { isDict, PrintedList } from "./python-values.ts";
import type { RoleGuard } from "./role-guard.ts";
import type { TemplateNode } from "./template-nodes.ts";

export interface LlmCall {
  readonly guard: RoleGuard;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** The text of a node's template; throws LineError. */
export function render(
  { node, template }: TemplateNode,
  variables: Readonly<Record<string, unknown>>,
): string {
  return renderText(template, `'${node.path}' of node '${node.name}'`, variables);
}

/** Throws LineError; `which` says of what the template is. */
export function renderText(
  template: readonly JinjaNode[],
  which: string,
  variables: Readonly<Record<string, unknown>>,
): string {
  try {
    return renderTemplate(template, variables);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LineError(
      userError(
        "JinjaTemplateError",
        `Failed to render jinja template ${which}: ${reason}. Please modify your prompt to fix the issue.`,
      ),
    );
  }
}

/** Renders, asks the model, and takes from its answer what the node's output is. */
export async function runLlm(
  tool: TemplateNode & { readonly connection: Connection },
  inputs: Readonly<Record<string, unknown>>,
  { guard, signal, clock }: LlmCall,
): Promise<{ output: unknown; usage: Usage }> {
  const { connection, node, api } = tool;
  const variables: Record<string, unknown> = {};
  const parameters: Record<string, unknown> = { ...tool.parameters };
  for (const [name, value] of Object.entries(inputs)) {
    if (!isApiParameter(api, name)) variables[name] = value;
    else if (!(name in parameters)) parameters[name] = value;
  }
  const isAzure = connection.type === AZURE;
  const { prompt } = inputs;
  if (api === "completion") {
    const text = guard.restore(typeof prompt === "string" ? prompt : render(tool, variables));
    const body = { prompt: text, ...completionParameters(parameters, isAzure) };
    const answer = await askModel({ connection, call: "completions", body, signal, clock });
    return { output: textOf(answer, node.name), usage: usageOf(answer) };
  }
  const listsJoined = isAzure || api === "vision";
  const text =
    typeof prompt === "string"
      ? prompt
      : render(tool, listsJoined ? joinLists(variables) : variables);
  const pictures =
    api === "vision"
      ? { images: findImages(variables), detail: String(parameters.detail ?? "auto") }
      : undefined;
  const messages = parseChat(text, pictures).map((message) => restore(message, guard));
  const { model, ...body } = requestParameters(parameters, isAzure);
  const answer = await askModel({ connection, body: { model, messages, ...body }, signal, clock });
  const message = messageOf(answer, node.name);
  const output = usesTools(body) ? { ...NOT_CALLED, ...message } : (message.content ?? "");
  return { output, usage: usageOf(answer) };
}

/** The Azure chat tool prints a list as its items, one a line. */
export function joinLists(
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      Array.isArray(value) ? PrintedList.of(...value) : value,
    ]),
  );
}

export function restore(message: unknown, guard: RoleGuard): unknown {
  if (typeof message === "string") return guard.restore(message);
  if (Array.isArray(message)) return message.map((item) => restore(item, guard));
  if (!isDict(message)) return message;
  return Object.fromEntries(
    Object.entries(message).map(([key, item]) => [key, restore(item, guard)]),
  );
}

/** What the SDK's message has where the model's answer leaves it out. */
const NOT_CALLED = { content: null, function_call: null, tool_calls: null };
