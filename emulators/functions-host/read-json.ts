import { readFileSync } from "node:fs";

/** Reads a JSON file that holds an object; undefined when there is no such file. Throws in one line that names the file. */
export function readJsonObject(file: string): object | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${file} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  let value: unknown;
  try {
    // Some editors of Windows put a mark before the text.
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Error(`${file} is not JSON: ${messageOf(error)}. Correct it there.`, {
      cause: error,
    });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new Error(`${file} has to hold an object: it begins with "{" and ends with "}".`);
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s+/g, " ");
}
