import { ApiError } from "./errors.ts";

export interface Message {
  readonly role: string;
  /** Text parts joined by newlines; images leave nothing. */
  readonly text: string;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly maxTokens: number | null;
  readonly stop: readonly string[];
  readonly choices: number;
  readonly jsonObject: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const ROLES = ["system", "developer", "user", "assistant", "tool", "function"];
const MOST_CHOICES = 128;

/** `deployment` is the one of an Azure path; it stands in for `model`. Throws ApiError (400). */
export function readChatRequest(body: string, deployment?: string): ChatRequest {
  const fields = readObject(body);
  const model = fields.model ?? deployment;
  if (model === undefined) {
    throw missing("model");
  }
  refuseWhatCannotBeDone(fields);
  const streamOptions = isFields(fields.stream_options) ? fields.stream_options : {};
  return {
    model: requireString("model", model),
    messages: readMessages(fields.messages),
    stream: optional(fields, "stream", "boolean") ?? false,
    includeUsage: streamOptions.include_usage === true,
    maxTokens: readMaxTokens(fields),
    stop: readStop(fields.stop),
    choices: readInteger(fields, "n", MOST_CHOICES) ?? 1,
    jsonObject: isFields(fields.response_format) && fields.response_format.type === "json_object",
  };
}

function readObject(body: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw ApiError.invalid(null, null, `The body is not JSON: ${reason}.`);
  }
  if (!isFields(value)) throw ApiError.invalid(null, null, "The body is not a JSON object.");
  return value;
}

/** A classifier cannot be made to call a tool or to fill a schema; saying so beats a wrong answer. */
function refuseWhatCannotBeDone({ tool_choice, response_format }: Fields): void {
  if (tool_choice === "required" || isFields(tool_choice)) {
    throw unsupported("tool_choice", "The offline model cannot be made to call a tool");
  }
  if (isFields(response_format) && response_format.type === "json_schema") {
    throw unsupported("response_format", "The offline model cannot fill a JSON Schema");
  }
}

function readMessages(value: unknown): readonly Message[] {
  if (value === undefined) throw missing("messages");
  if (!Array.isArray(value)) throw wrongType("messages", "an array of messages", value);
  if (value.length === 0) {
    throw ApiError.invalid("empty_array", "messages", "'messages' needs at least one message.");
  }
  return value.map((message, index) => readMessage(message, `messages[${index}]`));
}

function readMessage(value: unknown, at: string): Message {
  if (!isFields(value)) throw wrongType(at, "an object", value);
  if (value.role === undefined) throw missing(`${at}.role`);
  const role = requireString(`${at}.role`, value.role);
  if (!ROLES.includes(role)) {
    const message = `'${at}.role' is '${role}', expected one of ${ROLES.join(", ")}.`;
    throw ApiError.invalid("invalid_value", `${at}.role`, message);
  }
  return { role, text: readContent(value.content, role, `${at}.content`) };
}

function readContent(content: unknown, role: string, at: string): string {
  if (typeof content === "string") return content;
  // An assistant that called a tool has said nothing.
  if ((content === undefined || content === null) && role === "assistant") return "";
  if (content === undefined) throw missing(at);
  if (!Array.isArray(content)) throw wrongType(at, "a string or an array of parts", content);
  return content
    .map((part, index) => {
      const where = `${at}[${index}]`;
      if (!isFields(part)) throw wrongType(where, "an object", part);
      return part.type === "text" ? requireString(`${where}.text`, part.text) : "";
    })
    .filter((text) => text !== "")
    .join("\n");
}

function readMaxTokens(fields: Fields): number | null {
  return readInteger(fields, "max_completion_tokens") ?? readInteger(fields, "max_tokens") ?? null;
}

function readStop(stop: unknown): readonly string[] {
  if (stop === undefined || stop === null) return [];
  const list = Array.isArray(stop) ? stop : [stop];
  return list.map((text) => requireString("stop", text)).filter((text) => text !== "");
}

function readInteger(fields: Fields, name: string, most = Number.MAX_SAFE_INTEGER) {
  const value = optional(fields, name, "number");
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || value < 1 || value > most) {
    const message = `'${name}' is ${value}, expected a whole number from 1${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ""}.`;
    throw ApiError.invalid("invalid_value", name, message);
  }
  return value;
}

interface Kinds {
  boolean: boolean;
  number: number;
}

function optional<Kind extends keyof Kinds>(fields: Fields, name: string, kind: Kind) {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== kind) throw wrongType(name, `a ${kind}`, value);
  return value as Kinds[Kind];
}

function requireString(name: string, value: unknown): string {
  if (typeof value !== "string") throw wrongType(name, "a string", value);
  return value;
}

function missing(name: string): ApiError {
  return ApiError.invalid("missing_required_parameter", name, `'${name}' is required.`);
}

function wrongType(name: string, expected: string, value: unknown): ApiError {
  const got = value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;
  return ApiError.invalid("invalid_type", name, `'${name}' is ${got}, expected ${expected}.`);
}

function unsupported(name: string, why: string): ApiError {
  const message = `${why} ('${name}'); set FLOWGATE_MODEL_URL to use a real one.`;
  return ApiError.invalid("unsupported_parameter", name, message);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
