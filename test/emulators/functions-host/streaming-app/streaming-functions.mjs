import { once } from "node:events";
import { app } from "@azure/functions";

app.setup({ enableHttpStream: true });

const gate = new EventTarget();

app.http("open", {
  handler: () => {
    gate.dispatchEvent(new Event("open"));
    return { status: 204 };
  },
});
app.http("download", {
  handler: () => {
    async function* chunks() {
      yield Buffer.from("first ");
      await once(gate, "open");
      yield Buffer.from("last");
    }
    const headers = { "content-type": "text/x-parts", connection: "x-hop", "x-hop": "dropped" };
    return {
      body: chunks(),
      headers,
      cookies: [
        { name: "a", value: "1" },
        { name: "b", value: "2" },
      ],
    };
  },
});
app.http("upload", {
  route: "upload/{id}",
  methods: ["POST"],
  handler: async (request) => {
    const { id, q } = request.params;
    const { url } = request;
    return { status: 201, jsonBody: { id, q, url, text: await request.text() } };
  },
});
app.http("members", {
  route: "members/{id}",
  methods: ["POST"],
  handler: async (request) => ({
    jsonBody: { params: request.params, body: await request.json() },
  }),
});
app.http("bytes", { handler: () => ({ body: Buffer.from("abc") }) });
app.http("throws", {
  handler: () => {
    throw new Error("boom");
  },
});
app.http("half", {
  handler: () => {
    async function* chunks() {
      yield Buffer.from("half");
      await once(gate, "open");
      throw new Error("no more");
    }
    return { body: chunks() };
  },
});
app.http("nothing", { handler: () => undefined });
