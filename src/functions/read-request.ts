import type { HttpRequest } from "@azure/functions";
import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import { AppName } from "#domain/manifest/manifest.ts";
import { requestProblem } from "./problem.ts";

/** The JSON body in the wanted shape, or REQUEST_INVALID with every problem. */
export async function readBody<Shape>(
  request: HttpRequest,
  shape: z.ZodType<Shape>,
): Promise<Shape> {
  const text = await request.text();
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
  throw requestProblem("The body does not have the expected shape.", parsed.error.issues);
}

/** Parameters after the question mark, of which an unknown one is ignored. */
export function readQuery<Shape>(request: HttpRequest, shape: z.ZodType<Shape>): Shape {
  const parsed = shape.safeParse(Object.fromEntries(request.query));
  if (parsed.success) return parsed.data;
  throw requestProblem("The query is not valid.", parsed.error.issues);
}

/** `{app}` of the route. */
export function readAppName(request: HttpRequest): string {
  const parsed = z.object({ app: AppName }).safeParse(request.params);
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
