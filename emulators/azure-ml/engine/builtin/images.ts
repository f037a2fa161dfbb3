import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { FlowInput, Row } from "#emulators/azure-ml/engine/engine.ts";
import { LineError, userError } from "./errors.ts";
import { isDict, PromptImage } from "./python-values.ts";

/** How a flow writes pictures in inputs and outputs. */
export type MessageFormat = "basic" | "openai-vision";

/** How pictures are written, and where they lie. */
export interface Pictures {
  readonly format: MessageFormat;
  /** Where relative paths begin. */
  readonly folder: string;
}

const BASIC = /^data:image\/([a-z*+.-]+);(path|base64|url)$/i;
const BASE64 =
  /^(?:data:image\/[a-z*+.-]+;base64,)?(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/i;

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
  return readFrom(source, at, `image/${mime}`, folder);
}

/** Rejects with Error for what is no picture. */
export async function readImage(
  value: unknown,
  { format, folder }: Pictures,
): Promise<PromptImage> {
  const image = isDict(value) ? await readDict(value, { format, folder }) : undefined;
  if (image) return image;
  if (typeof value === "string" && value !== "") {
    if (BASE64.test(value)) return readFrom("base64", value, undefined, folder);
    return readFrom(/^https?:\/\//i.test(value) ? "url" : "path", value, undefined, folder);
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
  const found = await readDict(value, place);
  if (found !== undefined) return found;
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

async function readDict(
  value: Row,
  { format, folder }: Pictures,
): Promise<PromptImage | undefined> {
  const keys = Object.keys(value);
  if (format === "basic") {
    const [, mime, source] = keys.length === 1 ? (BASIC.exec(keys[0] ?? "") ?? []) : [];
    if (mime === undefined || source === undefined) return undefined;
    return readFrom(source, String(Object.values(value)[0]), `image/${mime}`, folder);
  }
  const { type } = value;
  const held = keys.length === 2 && typeof type === "string" ? value[type] : undefined;
  if (!isDict(held)) return undefined;
  if (type === "image_file" && typeof held.path === "string") {
    return readFrom("path", held.path, undefined, folder);
  }
  if (type !== "image_url" || typeof held.url !== "string") return undefined;
  return readFrom(BASE64.test(held.url) ? "base64" : "url", held.url, undefined, folder);
}

async function readFrom(
  source: string,
  at: string,
  mime: string | undefined,
  folder: string,
): Promise<PromptImage> {
  switch (source.toLowerCase()) {
    case "path": {
      const bytes = await readFile(isAbsolute(at) ? at : join(folder, at)).catch(
        (error: NodeJS.ErrnoException) => {
          throw new Error(
            `Cannot read the picture ${at}: ${error.message}. Paths begin at the data file or the flow folder.`,
          );
        },
      );
      return image(bytes, mime);
    }
    case "base64": {
      if (!BASE64.test(at))
        throw new Error(`(InvalidImageInput) Invalid base64 image: ${at.slice(0, 100)}.`);
      return image(Buffer.from(at.slice(at.indexOf(",") + 1), "base64"), mime);
    }
    default:
      return image(await download(at), mime, at);
  }
}

async function download(url: string): Promise<Buffer> {
  const response = await fetch(url).catch((error: Error) => {
    const { cause } = error;
    throw new Error(
      `Failed to fetch image from URL: ${url}. ${cause instanceof Error ? cause.message : error.message}`,
    );
  });
  if (response.ok) return Buffer.from(await response.arrayBuffer());
  throw new Error(`Failed to fetch image from URL: ${url}. Error code: ${response.status}.`);
}

function image(bytes: Buffer, mime: string | undefined, url?: string): PromptImage {
  return new PromptImage({
    mime: (mime ?? guessMime(bytes)).toLowerCase(),
    base64: bytes.toString("base64"),
    hash: createHash("sha1").update(bytes).digest("hex").slice(0, 8),
    url,
  });
}

const SIGNATURES: readonly (readonly [string, string])[] = [
  ["89504e47", "image/png"],
  ["ffd8ff", "image/jpeg"],
  ["47494638", "image/gif"],
  ["424d", "image/bmp"],
  ["52494646", "image/webp"],
];

function guessMime(bytes: Buffer): string {
  const start = bytes.subarray(0, 4).toString("hex");
  return SIGNATURES.find(([signature]) => start.startsWith(signature))?.[1] ?? "image/*";
}

/** The value with its pictures as the flow's format writes them, with their content in them. */
export function writeImages(value: unknown, format: MessageFormat): unknown {
  if (value instanceof PromptImage) return writeImage(value, format);
  if (Array.isArray(value)) return value.map((item) => writeImages(item, format));
  if (!isDict(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, writeImages(item, format)]),
  );
}

function writeImage({ mime, base64 }: PromptImage, format: MessageFormat): unknown {
  return format === "basic"
    ? { [`data:${mime};base64`]: base64 }
    : { type: "image_url", image_url: { url: `data:${mime};base64,${base64}` } };
}
