import { expect, test } from "vitest";
import { startSimulation } from "#emulators/stack/start-simulation.ts";
import { aSimulation } from "#kit/simulation.ts";
import { aDataFolder } from "./sandbox.ts";

/** Of real time, on a machine that has much else to do. */
const timeout = 120_000;

test("time begins when it was told to, and passes only when it is let", { timeout }, async () => {
  await using simulation = await aSimulation({ start: "2027-03-01T12:00:00Z" });
  const before = await simulation.now();
  await simulation.advance(90_000);

  expect(new Date(before).toISOString()).toBe("2027-03-01T12:00:00.000Z");
  expect((await simulation.now()) - before).toBe(90_000);
  await expect(simulation.advance(-1)).rejects.toThrow(
    "Time goes on by a number of milliseconds, 0 or more, not by -1.",
  );
  await expect(fetch(`${simulation.functions}/api/health`)).resolves.toMatchObject({ status: 200 });
});

test("a begin that is no time is refused, and so is a Python that is not there", {
  timeout,
}, async () => {
  const data = aDataFolder();

  await expect(startSimulation({ data, start: "yesterday" })).rejects.toThrow(
    'The simulation did not start: --start is "yesterday"; it has to be a time, as 2026-01-01T00:00:00Z.',
  );
  await expect(startSimulation({ data, python: "python-of-nobody" })).rejects.toThrow(
    "python-of-nobody",
  );
});
