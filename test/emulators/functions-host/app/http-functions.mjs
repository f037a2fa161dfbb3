// biome-ignore-all lint/style/noProcessEnv: an app reads its settings like this
import { app } from "@azure/functions";

app.hook.appStart(() => {
  process.env.APP_STARTED = "yes";
});
app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName === "hooked") {
    context.inputs[0] = { ...context.inputs[0], hookedBy: "preInvocation" };
    const original = context.functionHandler;
    context.functionHandler = async (...args) => ({
      jsonBody: { before: true, ...(await original(...args)) },
    });
  }
});
app.hook.postInvocation((context) => {
  if (context.invocationContext.functionName === "rescued") {
    context.error = undefined;
    context.result = { body: "rescued" };
  }
});

app.http("show", {
  route: "show/{id:int}/{part?}",
  methods: ["GET", "POST"],
  handler: async (request) => ({
    status: 201,
    headers: { "x-kind": "shown" },
    jsonBody: {
      method: request.method,
      url: request.url,
      params: request.params,
      query: Object.fromEntries(request.query),
      header: request.headers.get("x-one"),
      body: request.body ? await request.text() : null,
    },
  }),
});
app.http("files", { route: "files/{*rest}", handler: (request) => ({ jsonBody: request.params }) });
app.http("nothing", { handler: () => undefined });
app.http("text", { handler: () => ({ body: "x" }) });
app.http("wrong", { handler: () => "a bare string" });
app.http("boom", {
  handler: () => {
    throw new Error("boom");
  },
});
app.http("noContent", { handler: () => ({ status: 204, body: "dropped" }) });
app.http("cookies", {
  handler: () => ({
    cookies: [{ name: "c", value: "v", maxAge: 5, path: "/", sameSite: "Lax", httpOnly: true }],
  }),
});
app.http("hooked", { handler: () => ({ handled: true }) });
app.http("rescued", {
  handler: () => {
    throw new Error("lost");
  },
});
app.http("settings", {
  handler: () => ({
    jsonBody: {
      hostname: process.env.WEBSITE_HOSTNAME,
      fromFile: process.env.FIXTURE_FROM_FILE ?? null,
      fromEnvironment: process.env.FIXTURE_FROM_ENVIRONMENT ?? null,
      started: process.env.APP_STARTED,
    },
  }),
});
app.http("logs", {
  handler: (_request, context) => {
    context.log("said by the app");
    context.debug("not worth a line");
    return { status: 200 };
  },
});
app.http("amb1", { route: "amb/{x}", handler: () => ({ body: "amb1" }) });
app.http("amb2", { route: "amb/fixed", handler: () => ({ body: "amb2" }) });
app.http("administer", { handler: () => ({ body: "never" }) });
app.generic("queued", { trigger: { type: "serviceBusTrigger", name: "q" }, handler: () => {} });
