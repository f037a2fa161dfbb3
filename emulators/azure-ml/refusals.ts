import type { Context, Env, Hono } from "hono";
import { armErrorAnswer, GatewayRefusal, InferencingRefusal, mlError, Refusal } from "./errors.ts";
import { LOCATION } from "./place.ts";
import { type Region, utc } from "./service.ts";

export const DATA_PLANES = [
  "flow/api",
  "history/v1.0",
  "metric/v2.0",
  "data/v1.0",
  "index/v1.0",
  "content/v2.0",
];

/** Whatever is refused, unknown or broken is answered in the form of its plane. */
export function answerRefusals<E extends Env>(app: Hono<E>, { clock, log }: Region): void {
  app.notFound((c) => {
    const message = `${c.req.method} ${c.req.path} is not emulated.`;
    return refuse(c, new Refusal(404, "InvalidResourceType", message), clock.now());
  });
  app.onError((error, c) => {
    if (error instanceof Refusal) return refuse(c, error, clock.now());
    log("request failed", { path: c.req.path, message: error.message });
    return refuse(c, new Refusal(500, "InternalServerError", error.message), clock.now());
  });
}

function refuse(c: Context, refusal: Refusal, now: number): Response {
  const status = refusal.status as 400;
  const plane = DATA_PLANES.find((prefix) => c.req.path.startsWith(`/${prefix}/`));
  if (plane === undefined) return c.json(armAnswer(refusal), status);
  const body = mlError(
    { location: LOCATION },
    {
      message: refusal.message,
      messageParameters: refusal.messageParameters,
      code: refusal.status < 500 ? "UserError" : "SystemError",
      innerCodes: [refusal.code],
      componentName: plane === "flow/api" ? "PromptFlowService" : "run-history",
      time: utc(now),
    },
  );
  return c.json({ ...body, statusCode: refusal.status }, status);
}

function armAnswer(refusal: Refusal) {
  const { code, message } = refusal;
  if (refusal instanceof GatewayRefusal) return { error: { code, message } };
  const details = refusal instanceof InferencingRefusal ? refusal.details : [];
  return armErrorAnswer(refusal, details);
}
