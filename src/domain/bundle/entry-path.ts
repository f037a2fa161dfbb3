const IGNORED = new Set(["__MACOSX", ".git", ".DS_Store", "__pycache__"]);
const MAX_LENGTH = 512;

/** Left behind by the tools that people zip and try an app with; never part of it. */
export function isIgnored(path: string): boolean {
  return path.split("/").some((part) => IGNORED.has(part));
}

/** What is wrong with the path of a zip entry, or undefined. Nothing may land outside the app folder. */
export function entryProblem(path: string): string | undefined {
  if (path.includes("\\")) return "has a backslash; zip it with a tool that writes forward slashes";
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) {
    return "is an absolute path; paths are relative to the app folder";
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f\ufffd]/.test(path)) return "has characters that no file name may have";
  if (path.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  const parts = path.replace(/\/$/, "").split("/");
  if (parts.includes("..")) return "leads out of the app folder";
  if (parts.includes("") || parts.includes("."))
    return 'has an empty part or "."; write it plainly';
  return undefined;
}
