import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { PromptImage } from "./python-values.ts";

/** Where a picture is: at a path or a URL, or in the text itself. */
export interface PictureSource {
  readonly source: string;
  readonly at: string;
  /** Its first bytes tell, where nobody said. */
  readonly mime?: string | undefined;
}

const BASE64 =
  /^(?:data:image\/[a-z*+.-]+;base64,)?(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/i;

export const isBase64 = (text: string) => BASE64.test(text);

/** Relative paths begin at `folder`. Rejects with Error for what cannot be read. */
export async function readPicture(
  { source, at, mime }: PictureSource,
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
      if (!isBase64(at))
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
