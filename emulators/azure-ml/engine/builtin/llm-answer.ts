import { LineError, userError } from "./errors.ts";
import { isDict } from "./python-values.ts";

export interface Usage {
  readonly prompt: number;
  readonly completion: number;
}

/** What a model answered. */
type Answer = Readonly<Record<string, unknown>>;

export function messageOf(answer: Answer, node: string): Answer {
  const { message } = choiceOf(answer);
  if (isDict(message)) return message;
  throw incomplete(answer, node, "choices[0].message");
}

export function textOf(answer: Answer, node: string): string {
  const { text } = choiceOf(answer);
  if (typeof text === "string") return text;
  throw incomplete(answer, node, "choices[0].text");
}

export function choiceOf({ choices }: Answer): Answer {
  const [first] = Array.isArray(choices) ? choices : [];
  return isDict(first) ? first : {};
}

function incomplete(answer: Answer, node: string, field: string): LineError {
  return new LineError(
    userError(
      "OpenAIError/LLMError",
      `The model's answer to node '${node}' has no ${field}: ${JSON.stringify(answer).slice(0, 500)}`,
    ),
  );
}

export function usageOf({ usage }: Readonly<Record<string, unknown>>): Usage {
  if (!isDict(usage)) return { prompt: 0, completion: 0 };
  return {
    prompt: Number(usage.prompt_tokens ?? 0),
    completion: Number(usage.completion_tokens ?? 0),
  };
}
