import { createHash } from "node:crypto";
import type { ChatRequest } from "./chat-request.ts";
import { classify } from "./classify.ts";
import { readTask } from "./task.ts";

export interface Completion {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
  readonly choices: readonly Choice[];
  readonly usage: Usage;
}

interface Choice {
  readonly text: string;
  readonly finishReason: "stop" | "length";
}

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

const CHARACTERS_PER_TOKEN = 4;
/** What OpenAI counts for the frame of one message. */
const TOKENS_PER_MESSAGE = 3;

/** Depends on the request alone; even the id is a digest of it. */
export function complete(request: ChatRequest, created: number): Completion {
  const { model, messages } = request;
  const choice = cut(answer(request), request);
  const choices = Array.from({ length: request.choices }, () => choice);
  const prompt = messages.reduce(
    (sum, { text }) => sum + countTokens(text) + TOKENS_PER_MESSAGE,
    TOKENS_PER_MESSAGE,
  );
  const completion = countTokens(choice.text) * choices.length;
  return {
    id: `chatcmpl-${digest(JSON.stringify(request))}`,
    created,
    model,
    choices,
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
    },
  };
}

function answer({ messages, jsonObject }: ChatRequest): string {
  const text = classify(readTask(messages));
  return jsonObject && !isJsonObject(text) ? JSON.stringify({ answer: text }) : text;
}

function cut(text: string, { stop, maxTokens }: ChatRequest): Choice {
  const ends = stop.map((word) => text.indexOf(word)).filter((at) => at >= 0);
  const kept = text.slice(0, Math.min(text.length, ...ends));
  const longest = (maxTokens ?? Number.POSITIVE_INFINITY) * CHARACTERS_PER_TOKEN;
  return kept.length > longest
    ? { text: kept.slice(0, longest), finishReason: "length" }
    : { text: kept, finishReason: "stop" };
}

function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
