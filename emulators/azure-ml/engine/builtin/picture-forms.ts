import type { Row } from "#emulators/azure-ml/engine/engine.ts";
import { isBase64, type PictureSource } from "./picture-source.ts";
import { isDict, PromptImage } from "./python-values.ts";

/** How a flow writes pictures in inputs and outputs. */
export type MessageFormat = "basic" | "openai-vision";

const BASIC = /^data:image\/([a-z*+.-]+);(path|base64|url)$/i;

/** The picture that a map stands for in this format; undefined for any other map. */
export function pictureIn(value: Row, format: MessageFormat): PictureSource | undefined {
  return format === "basic" ? basicPicture(value) : visionPicture(value);
}

function basicPicture(value: Row): PictureSource | undefined {
  const [key = "", ...others] = Object.keys(value);
  const [, mime, source] = others.length === 0 ? (BASIC.exec(key) ?? []) : [];
  if (mime === undefined || source === undefined) return undefined;
  return { source, at: String(value[key]), mime: `image/${mime}` };
}

function visionPicture(value: Row): PictureSource | undefined {
  const { type } = value;
  const held =
    Object.keys(value).length === 2 && typeof type === "string" ? value[type] : undefined;
  if (!isDict(held)) return undefined;
  const { path, url } = held;
  if (type === "image_file" && typeof path === "string") return { source: "path", at: path };
  if (type !== "image_url" || typeof url !== "string") return undefined;
  return { source: isBase64(url) ? "base64" : "url", at: url };
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
