import { randomBytes } from "node:crypto";
import { isDict } from "./python-values.ts";

const HEADER = /^([^\S\n]*#?[^\S\n]*)(system|user|assistant|function|tool)(?=\s*:\s*$)/gim;

/**
 * Hides what looks like a role header in values that come from flow inputs, so that a question
 * cannot open a message of its own; `restore` brings the words back once the chat is parsed.
 */
export class RoleGuard {
  readonly #words = new Map<string, string>();
  readonly #nonce = randomBytes(8).toString("hex");

  mask(value: unknown): unknown {
    if (typeof value === "string") return this.#maskText(value);
    if (Array.isArray(value)) return value.map((item) => this.mask(item));
    if (!isDict(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.mask(item)]));
  }

  restore(text: string): string {
    if (this.#words.size === 0) return text;
    return text.replace(
      new RegExp(`${this.#nonce}-\\d+-`, "g"),
      (token) => this.#words.get(token) ?? token,
    );
  }

  #maskText(text: string): string {
    return text.replace(HEADER, (_header, before: string, role: string) => {
      const token = `${this.#nonce}-${this.#words.size}-`;
      this.#words.set(token, role);
      return `${before}${token}`;
    });
  }
}
