import { run } from "#emulators/kit/run.ts";
import { serve } from "#emulators/kit/serve.ts";

/** The smallest emulator that is a process. */
await run("part", ["greeting"], ({ port, more }) => {
  if (more.greeting === "rude") throw new Error("It is rude.");
  return serve(() => new Response(more.greeting ?? "hello"), port);
});
