/** A place in a text, as an editor counts: both from 1. */
export interface TextPlace {
  readonly line: number;
  readonly character: number;
}

export const BEGINNING: TextPlace = { line: 1, character: 1 };

/** Where one is who was at `from` and has passed `text`. */
export function placeAfter({ line, character }: TextPlace, text: string): TextPlace {
  let lines = 0;
  let begin = 0;
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", begin)) {
    lines += 1;
    begin = end + 1;
  }
  const passed = text.length - begin;
  return { line: line + lines, character: lines === 0 ? character + passed : passed + 1 };
}
