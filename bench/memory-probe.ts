// Preloaded into a process that has a supervisor: tells its resident memory, and the most that it was, when asked.
const SAMPLE_MS = 5;

let peak = 0;
function sample(): number {
  const now = process.memoryUsage.rss();
  peak = Math.max(peak, now);
  return now;
}

setInterval(sample, SAMPLE_MS).unref();
process.on("message", (message) => {
  if (message === "memory from now on") peak = 0;
  if (message !== "memory" && message !== "memory from now on") return;
  const now = sample();
  process.send?.({ memory: { now, peak } });
});
