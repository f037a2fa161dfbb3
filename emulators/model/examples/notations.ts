/** `<input>…</input>` becomes `input: …`, which the reader of labels knows. */
export function tagsToLabels(text: string): string {
  return text
    .replace(/<\/[A-Za-z][\w-]{0,30}>/g, "\n")
    .replace(/<([A-Za-z][\w-]{0,30})>/g, (_, tag: string) => `\n${tag}: `);
}

const LABEL_INSIDE_A_LINE = /(?<=\S)(?:[ \t]*[|;,])?[ \t]+(?=\p{Lu}[\p{L} ]{0,30}:(?:\s|$))/gmu;

/** `Input: … | Output: …` and `Q: … A: …` become a line for each label. */
export function labelsOnOwnLines(text: string): string {
  return text.replace(LABEL_INSIDE_A_LINE, "\n");
}
