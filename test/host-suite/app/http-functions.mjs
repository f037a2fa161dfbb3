import { app } from "@azure/functions";

app.http("show", {
  route: "show/{id:int}/{part?}",
  methods: ["GET", "POST"],
  handler: async (request) => ({
    status: 201,
    headers: { "x-kind": "shown" },
    jsonBody: {
      params: request.params,
      query: Object.fromEntries(request.query),
      header: request.headers.get("x-one"),
      body: request.body ? await request.text() : null,
    },
  }),
});
app.http("files", { route: "files/{*rest}", handler: (request) => ({ jsonBody: request.params }) });
app.http("nothing", { handler: () => undefined });
app.http("nil", { handler: () => null });
app.http("text", { handler: () => ({ body: "x" }) });
app.http("bareText", { handler: () => "a bare string" });
app.http("bareNumber", { handler: () => 5 });
app.http("breaks", {
  handler: () => {
    throw new Error("boom");
  },
});
app.http("noContent", { handler: () => ({ status: 204, body: "dropped" }) });
app.http("cookie", {
  handler: () => ({
    cookies: [{ name: "c", value: "v", maxAge: 5, path: "/", sameSite: "Lax", httpOnly: true }],
  }),
});
app.http("either1", { route: "either/{x}", handler: () => ({ body: "first by name" }) });
app.http("either2", { route: "either/fixed", handler: () => ({ body: "more literal" }) });
app.http("readOne", { route: "one", methods: ["GET"], handler: () => ({ body: "get" }) });
app.http("writeOne", { route: "one", methods: ["POST"], handler: () => ({ body: "post" }) });
app.http("bytes", { handler: () => ({ body: Buffer.from("abc") }) });
app.http("typedBytes", {
  handler: () => ({ body: Buffer.from("abc"), headers: { "content-type": "image/x-abc" } }),
});
app.http("jsonNull", { handler: () => ({ jsonBody: null }) });
app.http("guarded", { authLevel: "function", handler: () => ({ body: "open" }) });
app.http("guardedMore", { authLevel: "admin", handler: () => ({ body: "open" }) });
app.http("underRuntime", { route: "runtimex/y", handler: () => ({ body: "never" }) });
app.http("administer", { handler: () => ({ body: "never" }) });
