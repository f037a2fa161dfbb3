export interface EntityId {
  readonly name: string;
  readonly key: string;
}

/** The id among instances; names know no case. */
export function entityIdText({ name, key }: EntityId): string {
  return `@${name.toLowerCase()}@${key}`;
}

export function parseEntityId(text: string): EntityId {
  const at = text.indexOf("@", 1);
  return { name: text.slice(1, at), key: text.slice(at + 1) };
}
