/** Text of others as it fits in a line. Control characters would play tricks on a terminal. */
export function onOneLine(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/\p{Cc}/gu, "\uFFFD")
    .trim();
}

/** The beginning, by whole characters, so that none is cut in two. */
export function beginningOf(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "");
}
