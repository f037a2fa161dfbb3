import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const [latencyMs] = process.argv.slice(2).map(Number);

const answer = JSON.stringify({
  choices: [{ index: 0, message: { role: "assistant", content: "Movie" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
});

// A chat model that thinks for a fixed time.
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    setTimeout(() => {
      response.writeHead(200, { "content-type": "application/json" }).end(answer);
    }, latencyMs);
  });
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ ready: `http://127.0.0.1:${port}` });
});
