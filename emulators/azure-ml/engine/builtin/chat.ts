import { LineError, userError } from "./errors.ts";
import { parsePythonLiteral } from "./python-literal.ts";
import { isDict, PromptImage } from "./python-values.ts";

/** One message as the chat completions API takes it. */
export type ChatMessage = Readonly<Record<string, unknown>> & { readonly role: string };

const HEADER = /^\s*#?\s*(system|user|assistant|function|tool)\s*:\s*\n/gim;
const NAMED = /^\s*#{0,2}\s*name\s*:\s*\n+\s*(\S+)\s*\n\s*#{0,2}\s*content\s*:\s*\n?([\s\S]*)$/i;
const TOOL =
  /^\s*#{0,2}\s*tool_call_id\s*:\s*\n+\s*(\S+)\s*\n\s*#{0,2}\s*content\s*:\s*\n?([\s\S]*)$/i;
const TOOL_CALLS = /^\s*#{0,2}\s*tool_calls\s*:\s*\n+([\s\S]*)$/i;

export interface Pictures {
  /** By what they print as. */
  readonly images: ReadonlyMap<string, PromptImage>;
  readonly detail: string;
}

/**
 * Splits a rendered template at its role headers; a line that is a picture becomes a part of its
 * message. Throws LineError for text outside any role.
 */
export function parseChat(text: string, pictures?: Pictures): readonly ChatMessage[] {
  const chat = text.replaceAll("\r\n", "\n");
  const headers = [...chat.matchAll(HEADER)];
  const before = chat.slice(0, headers[0]?.index ?? chat.length);
  if (before.trim() !== "") throw invalidRole(before);
  return headers.map((header, at) => {
    const start = header.index + header[0].length;
    const content = chat.slice(start, headers[at + 1]?.index ?? chat.length).trim();
    const message = readMessage((header[1] ?? "").toLowerCase(), content);
    if (!pictures || typeof message.content !== "string") return message;
    return { ...message, content: showPictures(message.content, pictures) };
  });
}

/** The text, or one part for every line of it when there is a picture among them. */
function showPictures(text: string, { images, detail }: Pictures): unknown {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (!lines.some((line) => images.has(line.trim()))) return text;
  return lines.map((line) => {
    const image = images.get(line.trim());
    if (!image) return { type: "text", text: line };
    const url = image.url ?? `data:${image.mime};base64,${image.base64}`;
    return { type: "image_url", image_url: { url, detail } };
  });
}

/** Puts every `![image]({{x}})` on a line of its own, where `parseChat` finds it. */
export function separateImages(template: string): string {
  return template.replace(/!\[\s*image\s*\]\(\{\{(\s*[^\s{}]+\s*)\}\}\)/g, "\n{{$1}}\n");
}

/** Every picture in the values, by what it prints as. */
export function findImages(value: unknown, found = new Map<string, PromptImage>()) {
  if (value instanceof PromptImage) found.set(String(value), value);
  else if (Array.isArray(value)) for (const item of value) findImages(item, found);
  else if (isDict(value)) for (const item of Object.values(value)) findImages(item, found);
  return found;
}

function readMessage(role: string, content: string): ChatMessage {
  if (role === "tool") {
    const [, id, answer] = TOOL.exec(content) ?? [];
    if (id === undefined || answer === undefined)
      throw invalidFormat("tool", "tool_call_id", content);
    return { role, tool_call_id: id, content: answer.trim() };
  }
  const [, name, said] = NAMED.exec(content) ?? [];
  if (name !== undefined && said !== undefined) return { role, name, content: said.trim() };
  if (role === "function") throw invalidFormat("function", "name", content);
  const calls = role === "assistant" ? TOOL_CALLS.exec(content)?.[1] : undefined;
  if (calls === undefined) return { role, content };
  return { role, tool_calls: readToolCalls(calls) };
}

function readToolCalls(text: string): unknown {
  try {
    return parsePythonLiteral(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LineError(
      userError(
        "ChatAPIAssistantRoleInvalidFormat",
        `Failed to parse assistant role prompt with tool_calls: ${reason}. Write a Python list of tool calls under 'tool_calls:'.`,
      ),
    );
  }
}

function invalidRole(text: string): LineError {
  return new LineError(
    userError(
      "ChatAPIInvalidRole",
      `The Chat API requires a specific format for prompt definition, and the prompt should include separate lines as role delimiters: 'system:', 'user:', 'assistant:', 'tool:'. Current parsed role '${text.trim().split("\n")[0]}' does not meet the requirement. Start the template with a role on a line of its own.`,
    ),
  );
}

function invalidFormat(role: string, field: string, content: string): LineError {
  const code =
    role === "tool" ? "ChatAPIToolRoleInvalidFormat" : "ChatAPIFunctionRoleInvalidFormat";
  return new LineError(
    userError(
      code,
      `Failed to parse ${role} role prompt. It needs '${field}:' and 'content:', each on a line of its own, but it is: ${content.slice(0, 200)}`,
    ),
  );
}
