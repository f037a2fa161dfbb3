import type { HttpRequest } from "@azure/functions";
import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import { AppName } from "#domain/manifest/manifest.ts";
import { requestProblem } from "./problem.ts";

/** The body, of which never more than `limit` bytes are held; throws what `tooLarge` makes. */
export async function readBytes(
  { headers, body }: HttpRequest,
  limit: number,
  tooLarge: () => Error,
): Promise<Buffer> {
  if (Number(headers.get("content-length")) > limit) throw tooLarge();
  const reader = body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  if (reader === undefined) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    bytes += read.value.byteLength;
    if (bytes > limit) {
      void letGo(reader);
      throw tooLarge();
    }
    chunks.push(read.value);
  }
  return Buffer.concat(chunks);
}

/** Whoever still sends hears the answer only if somebody reads on: to cancel a body closes its connection. */
async function letGo(reader: ReadableStreamDefaultReader<unknown>): Promise<void> {
  try {
    while (!(await reader.read()).done);
  } catch {
    // The sender has gone, which is as good an end.
  }
}

const MAX_JSON_BYTES = 256 * 1024;

function tooLargeJson(): PipelineError {
  return new PipelineError("REQUEST_INVALID", "The body is larger than 256 KiB.");
}

/** The JSON body in the wanted shape, or REQUEST_INVALID with every problem. */
export async function readBody<Shape>(
  request: HttpRequest,
  shape: z.ZodType<Shape>,
): Promise<Shape> {
  const text = (await readBytes(request, MAX_JSON_BYTES, tooLargeJson)).toString("utf8");
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    const problem = { message: cause instanceof Error ? cause.message : "no JSON" };
    throw new PipelineError("REQUEST_INVALID", "The body is not JSON.", {
      problems: [problem],
      cause,
    });
  }
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  throw requestProblem("The body does not have the expected shape.", parsed.error.issues, shape);
}

/** Parameters after the question mark, of which an unknown one is ignored and a repeated one is joined. */
export function readQuery<Shape>({ query }: HttpRequest, shape: z.ZodType<Shape>): Shape {
  const joined = [...query.keys()].map((name) => [name, query.getAll(name).join(",")] as const);
  const parsed = shape.safeParse(Object.fromEntries(joined));
  if (parsed.success) return parsed.data;
  throw requestProblem("The query is not valid.", parsed.error.issues);
}

/** What stands between the braces of a route. */
type RouteName<Route extends string> = Route extends `${string}{${infer Name}}${infer Rest}`
  ? Name | RouteName<Rest>
  : never;

/**
 * `{name}` of the route, from the path alone: with HTTP streaming on, `request.params` has members of the query and of
 * a JSON body beside those of the route. An empty text where the path has no such part.
 */
export function readRoute<Route extends string>(
  { url }: HttpRequest,
  route: Route,
): Readonly<Record<RouteName<Route>, string>> {
  const names = route.split("/");
  // Counted from the end: what stands before the route is for host.json to say.
  const parts = new URL(url).pathname.split("/").filter(Boolean).slice(-names.length);
  const found = names.flatMap((name, index) => {
    const [, inner] = /^\{(.+)\}$/.exec(name) ?? [];
    return inner === undefined ? [] : [[inner, decoded(parts[index] ?? "")] as const];
  });
  return Object.fromEntries(found) as Record<RouteName<Route>, string>;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A lone percent sign is taken as it is.
    return part;
  }
}

/** `{app}` of the route. */
export function readAppName(request: HttpRequest, route: `${string}{app}${string}`): string {
  const parsed = z.object({ app: AppName }).safeParse(readRoute(request, route));
  if (parsed.success) return parsed.data.app;
  throw requestProblem("The name of the app is not valid.", parsed.error.issues);
}

const MAX_TOP = 1_000;

/** `top` and `after` of every list; `after` is judged by whoever made it. */
export const PageQuery = z.object({
  top: z
    .string()
    .regex(/^\d{1,4}$/, `a whole number from 1 to ${MAX_TOP}`)
    .transform(Number)
    .refine((top) => top >= 1 && top <= MAX_TOP, `a whole number from 1 to ${MAX_TOP}`)
    .default(100),
  after: z.string().min(1).optional(),
});
