import type { Row } from "#emulators/azure-ml/engine/engine.ts";
import { findImages, parseChat, separateImages } from "./chat.ts";
import type { Connection, Connections } from "./connections.ts";
import { LineError, resolveToolError, userError } from "./errors.ts";
import { readImageText } from "./images.ts";
import { hasDefault } from "./inputs.ts";
import { parseTemplate } from "./jinja-syntax.ts";
import { choiceOf, messageOf, textOf, type Usage, usageOf } from "./llm-answer.ts";
import { validateTools } from "./llm-parameters.ts";
import { askModel } from "./model-client.ts";
import type { Environment, PromptyFile } from "./prompty-file.ts";
import { isDict, plain } from "./python-values.ts";
import { RoleGuard } from "./role-guard.ts";
import { joinLists, type LlmCall, renderText, restore } from "./run-template.ts";

const ATTEMPTS = 11;

/** What a call of a prompty needs beside its inputs. */
export type PromptyCall = Omit<LlmCall, "guard">;

/** A prompty with its model found and its template read. */
export interface LoadedPrompty {
  readonly file: PromptyFile;
  readonly connection: Connection;
  readonly model: string;
  readonly template: ReturnType<typeof parseTemplate>;
}

/** Throws FlowError for a model or a template that no call could use. */
export function loadPrompty(
  file: PromptyFile,
  connections: Connections,
  environment: Environment,
): LoadedPrompty {
  const { configuration } = file;
  const model = configuration.azure_deployment ?? configuration.model;
  if (typeof model !== "string" || model === "") {
    throw resolveToolError(
      file.name,
      "ModelNotFound",
      `model.configuration of ${file.file} names neither azure_deployment nor model. Name the one that answers.`,
    );
  }
  try {
    return {
      file,
      connection: connections.forConfiguration(configuration, file.file, environment),
      model,
      template: parseTemplate(separateImages(file.template)),
    };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw resolveToolError(
      file.name,
      "JinjaParsingError",
      `The prompt of ${file.file} is not a jinja2 template that can be read: ${error.message}`,
    );
  }
}

/** Fills the template, asks the model, and reads its answer as the front matter says. */
export async function callPrompty(
  prompty: LoadedPrompty,
  given: Row,
  call: PromptyCall,
): Promise<{ output: unknown; usage: Usage }> {
  const { file, connection, model } = prompty;
  const guard = new RoleGuard();
  const inputs = await readInputs(file, given);
  const prompt = readPrompt(prompty, inputs, guard);
  const { stream: _never, ...parameters } = file.parameters;
  const body = plain({ ...parameters, ...toolChoice(parameters), ...prompt, model }) as {
    model: string;
  };
  const path = file.api === "completion" ? "completions" : "chat/completions";
  const answer = await askModel({ ...call, connection, body, call: path, attempts: ATTEMPTS });
  return { output: readAnswer(file, answer), usage: usageOf(answer) };
}

async function readInputs(file: PromptyFile, given: Row): Promise<Row> {
  const values = Object.keys(given).length === 0 ? file.sample : given;
  const names = Object.keys(file.inputs);
  const missing = names.filter((name) => {
    const definition = file.inputs[name];
    return !Object.hasOwn(values, name) && !(definition && hasDefault(definition));
  });
  if (missing.length > 0) {
    throw new LineError(
      userError(
        "MissingRequiredInputError",
        `Missing required inputs of ${file.file}: ${missing.join(", ")}. Give them, or defaults to them.`,
      ),
    );
  }
  const entries = names.map(async (name) => {
    const value = Object.hasOwn(values, name) ? values[name] : file.inputs[name]?.default;
    const image = typeof value === "string" ? await readImageText(value, file.folder) : undefined;
    return [name, image ?? value] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The messages or the text that the model would get. */
export async function renderPrompty(prompty: LoadedPrompty, given: Row): Promise<unknown> {
  const inputs = await readInputs(prompty.file, given);
  const { messages, prompt } = readPrompt(prompty, inputs, new RoleGuard());
  return messages ?? prompt;
}

interface Prompt {
  readonly messages?: readonly unknown[];
  readonly prompt?: string;
}

function readPrompt({ file, template }: LoadedPrompty, inputs: Row, guard: RoleGuard): Prompt {
  const which = `of ${file.file}`;
  if (file.api === "completion") return { prompt: renderText(template, which, inputs) };
  const images = findImages(inputs);
  const variables = joinLists(guard.mask(inputs, guard.find(inputs)) as Row);
  const text = renderText(template, which, variables);
  const messages = parseChat(text, { images, detail: "auto" });
  return { messages: messages.map((message) => restore(message, guard)) };
}

function toolChoice({ tools, tool_choice, functions, function_call }: Row): Row {
  if (tools !== undefined) {
    validateTools("tools", tools);
    return { tool_choice: tool_choice ?? "auto" };
  }
  if (functions === undefined) return {};
  validateTools("functions", functions);
  return { function_call: function_call ?? "auto" };
}

function readAnswer(file: PromptyFile, answer: Readonly<Record<string, unknown>>): unknown {
  if (file.response === "all") return answer;
  const format = file.parameters.response_format;
  const wantsJson = isDict(format) && format.type === "json_object";
  if (file.api === "completion") return readText(file, textOf(answer, file.name), wantsJson);
  const message = messageOf(answer, file.name);
  const reason = String(choiceOf(answer).finish_reason);
  if (["tool_calls", "function_calls"].includes(reason)) return message;
  return readText(file, message.content ?? "", wantsJson);
}

function readText(file: PromptyFile, text: unknown, wantsJson: boolean): unknown {
  if (!wantsJson) return text;
  const parsed = parseObject(file, String(text));
  if (file.outputs.length === 0) return parsed;
  const entries = file.outputs.map((key) => {
    if (Object.hasOwn(parsed, key)) return [key, parsed[key]] as const;
    throw answerError(
      "InvalidOutputKeyError",
      `Cannot find ${key} in response ${JSON.stringify(Object.keys(parsed))}, though ${file.file} declares it under outputs. Ask for it in the prompt, or do not declare it.`,
    );
  });
  return Object.fromEntries(entries);
}

function parseObject(file: PromptyFile, text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isDict(parsed)) return parsed;
  } catch {
    // Told below, like JSON that is no object.
  }
  throw answerError(
    "LLMError",
    `The model's answer to ${file.file} is not a JSON object, though response_format is json_object: ${text.slice(0, 200)}. Tell the model so in the prompt.`,
  );
}

function answerError(code: string, message: string): LineError {
  return new LineError(userError(code, message));
}
