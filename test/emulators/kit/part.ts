import { run } from "#emulators/kit/run.ts";
import { serve } from "#emulators/kit/serve.ts";

/** The smallest emulator that is a process. */
await run("part", ["greeting", "tls"], ({ port, more }) => {
  if (more.greeting === "rude") throw new Error("It is rude.");
  const serving = serve(() => new Response(more.greeting ?? "hello"), port);
  return serving.then((part) => (more.tls ? { ...part, urls: { tls: more.tls } } : part));
});
