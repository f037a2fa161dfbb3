import type { Message } from "#emulators/model/chat-request.ts";
import { type Examples, NO_EXAMPLES } from "./example.ts";

/** One exchange may be small talk; two are examples. */
const FEWEST_TURNS = 2;

/** Earlier exchanges: each user message that was answered, with that answer. */
export function readTurns(messages: readonly Message[]): Examples {
  const question = messages.at(-1);
  if (question?.role !== "user") return NO_EXAMPLES;
  const examples = messages.flatMap((message, index) => {
    const next = messages[index + 1];
    return message.role === "user" && next?.role === "assistant" && next.text.trim() !== ""
      ? [{ question: message.text, answer: next.text.trim() }]
      : [];
  });
  return examples.length < FEWEST_TURNS ? NO_EXAMPLES : { examples, question: question.text };
}
