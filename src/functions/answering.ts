import { type HttpHandler, HttpResponse } from "@azure/functions";
import { problemResponse } from "./problem.ts";

/**
 * Every HTTP function is registered through this: with HTTP streaming on, whoever calls one that throws waits for ever.
 * What is thrown becomes a problem; stacks stay in the log.
 */
export function answering(handler: HttpHandler): HttpHandler {
  return async (request, context) => {
    try {
      // Made here and not by the library, so that what cannot be sent is a problem as well.
      return new HttpResponse(await handler(request, context));
    } catch (error) {
      const problem = new HttpResponse(problemResponse(error));
      if (problem.status >= 500) context.error(error);
      return problem;
    }
  };
}
