import { LineError, userError } from "./errors.ts";
import { parsePythonLiteral } from "./python-literal.ts";

/** One message as the chat completions API takes it. */
export type ChatMessage = Readonly<Record<string, unknown>> & { readonly role: string };

const HEADER = /^\s*#?\s*(system|user|assistant|function|tool)\s*:\s*\n/gim;
const NAMED = /^\s*#{0,2}\s*name\s*:\s*\n+\s*(\S+)\s*\n\s*#{0,2}\s*content\s*:\s*\n?([\s\S]*)$/i;
const TOOL =
  /^\s*#{0,2}\s*tool_call_id\s*:\s*\n+\s*(\S+)\s*\n\s*#{0,2}\s*content\s*:\s*\n?([\s\S]*)$/i;
const TOOL_CALLS = /^\s*#{0,2}\s*tool_calls\s*:\s*\n+([\s\S]*)$/i;

/** Splits a rendered template at its role headers. Throws LineError for text outside any role. */
export function parseChat(text: string): readonly ChatMessage[] {
  const chat = text.replaceAll("\r\n", "\n");
  const headers = [...chat.matchAll(HEADER)];
  const before = chat.slice(0, headers[0]?.index ?? chat.length);
  if (before.trim() !== "") throw invalidRole(before);
  return headers.map((header, at) => {
    const start = header.index + header[0].length;
    const content = chat.slice(start, headers[at + 1]?.index ?? chat.length).trim();
    return readMessage((header[1] ?? "").toLowerCase(), content);
  });
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
        ["ToolValidationError", "ChatAPIAssistantRoleInvalidFormat"],
        `Failed to parse assistant role prompt with tool_calls: ${reason}. Write a Python list of tool calls under 'tool_calls:'.`,
      ),
    );
  }
}

function invalidRole(text: string): LineError {
  return new LineError(
    userError(
      ["ToolValidationError", "ChatAPIInvalidRole"],
      `The Chat API requires a specific format for prompt definition, and the prompt should include separate lines as role delimiters: 'system:', 'user:', 'assistant:', 'tool:'. Current parsed role '${text.trim().split("\n")[0]}' does not meet the requirement. Start the template with a role on a line of its own.`,
    ),
  );
}

function invalidFormat(role: string, field: string, content: string): LineError {
  const code =
    role === "tool" ? "ChatAPIToolRoleInvalidFormat" : "ChatAPIFunctionRoleInvalidFormat";
  return new LineError(
    userError(
      ["ToolValidationError", code],
      `Failed to parse ${role} role prompt. It needs '${field}:' and 'content:', each on a line of its own, but it is: ${content.slice(0, 200)}`,
    ),
  );
}
