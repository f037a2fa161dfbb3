import type { FlowInput, Row } from "#emulators/azure-ml/engine/engine.ts";
import { LineError, userError } from "./errors.ts";
import { type MessageFormat, pictureIn } from "./picture-forms.ts";
import { isBase64, readPicture } from "./picture-source.ts";
import { isDict, type PromptImage } from "./python-values.ts";

/** How pictures are written, and where they lie. */
export interface Pictures {
  readonly format: MessageFormat;
  /** Where relative paths begin. */
  readonly folder: string;
}

/** Reads the pictures that the inputs refer to. Rejects with LineError. */
export async function loadImages(
  inputs: Row,
  definitions: Readonly<Record<string, FlowInput>>,
  place: Pictures,
): Promise<Row> {
  const loaded: Record<string, unknown> = { ...inputs };
  for (const [name, { type }] of Object.entries(definitions)) {
    if (!Object.hasOwn(inputs, name)) continue;
    try {
      if (type === "image") loaded[name] = await readImage(inputs[name], place);
      else if (type === "list" || type === "object")
        loaded[name] = await readDeep(inputs[name], place);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new LineError(
        userError("LoadMultimediaDataError", `Failed to load image for input '${name}': ${reason}`),
      );
    }
  }
  return loaded;
}

/** A picture written as `data:image/png;path: a.png`, or undefined for any other text. */
export async function readImageText(
  text: string,
  folder: string,
): Promise<PromptImage | undefined> {
  const [, mime, source, at] =
    /^data:image\/([a-z*+.-]+);(path|base64|url):\s*(.*)$/i.exec(text) ?? [];
  if (mime === undefined || source === undefined || at === undefined) return undefined;
  return readPicture({ source, at, mime: `image/${mime}` }, folder);
}

/** Rejects with Error for what is no picture. */
export async function readImage(
  value: unknown,
  { format, folder }: Pictures,
): Promise<PromptImage> {
  const found = isDict(value) ? pictureIn(value, format) : undefined;
  if (found) return readPicture(found, folder);
  if (typeof value === "string" && value !== "") {
    const source = /^https?:\/\//i.test(value) ? "url" : "path";
    return readPicture({ source: isBase64(value) ? "base64" : source, at: value }, folder);
  }
  const form =
    format === "basic"
      ? '{"data:image/png;path": "a.png"}'
      : '{"type": "image_file", "image_file": {"path": "a.png"}}';
  throw new Error(`(InvalidImageInput) It is no picture. Write ${form}, a path, a URL or base64.`);
}

async function readDeep(value: unknown, place: Pictures): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => readDeep(item, place)));
  if (!isDict(value)) return value;
  const found = pictureIn(value, place.format);
  if (found) return readPicture(found, place.folder);
  const { type, text } = value;
  if (place.format === "openai-vision" && type === "text" && Object.keys(value).length === 2) {
    if (typeof text === "string") return text;
    if (isDict(text) && typeof text.value === "string") return text.value;
  }
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await readDeep(item, place)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
