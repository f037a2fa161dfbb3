import { randomUUID } from "node:crypto";
import { isDict } from "./python-values.ts";

const HEADER = /^\s*#?\s*(system|user|assistant|function|tool)\s*:\s*\n/gim;

/**
 * Hides roles in values that come from flow inputs, so that a question cannot open a message of its own; `restore`
 * brings the words back once the chat is parsed.
 */
export class RoleGuard {
  readonly #tokens = new Map<string, string>();

  /** The words that would open a message, as they are written. */
  find(value: unknown): ReadonlySet<string> {
    const roles = new Set<string>();
    const visit = (item: unknown): void => {
      if (typeof item === "string")
        for (const [, role = ""] of item.matchAll(HEADER)) roles.add(role);
      else if (Array.isArray(item)) item.forEach(visit);
      else if (isDict(item)) Object.values(item).forEach(visit);
    };
    visit(value);
    return roles;
  }

  /** The value with every one of these words hidden, wherever it stands, as prompt flow does it. */
  mask(value: unknown, roles: ReadonlySet<string>): unknown {
    if (typeof value === "string") return this.#maskText(value, roles);
    if (Array.isArray(value)) return value.map((item) => this.mask(item, roles));
    if (!isDict(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.mask(item, roles)]),
    );
  }

  restore(text: string): string {
    let restored = text;
    for (const [role, token] of this.#tokens) restored = restored.replaceAll(token, role);
    return restored;
  }

  #maskText(text: string, roles: ReadonlySet<string>): string {
    let masked = text;
    for (const role of roles) masked = masked.replaceAll(role, this.#tokenOf(role));
    return masked;
  }

  #tokenOf(role: string): string {
    const token = this.#tokens.get(role) ?? randomUUID();
    this.#tokens.set(role, token);
    return token;
  }
}
