import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { lasting, passing } from "#kit/faults/fault-kinds.ts";
import { injectionsOf } from "#kit/faults/injections.ts";
import { look } from "#kit/faults/looks.ts";
import { aWorld } from "#kit/faults/world.ts";

/** Another one takes another sample of what `npm run faults` goes through. */
const SEED = "1";
const LASTING = 3;
/** Of real time, on a machine that has much else to do. */
const timeout = 300_000;

function sample<Item>(items: readonly Item[], count: number, nameOf: (item: Item) => string) {
  const lot = (item: Item) =>
    createHash("sha256")
      .update(`${SEED} ${nameOf(item)}`)
      .digest("hex");
  return items.toSorted((one, other) => (lot(one) < lot(other) ? -1 : 1)).slice(0, count);
}

test("a sample of faults: what passes is not noticed, and what lasts is told, with nothing left", {
  timeout,
}, async () => {
  await using world = await aWorld("compute-instance");
  const calls = await world.calls();
  const [kind] = sample(passing, 1, ({ name }) => name);
  if (kind === undefined) throw new Error("No fault passes.");
  const [everywhere = []] = injectionsOf(calls, kind);
  expect(everywhere.length).toBeGreaterThan(10);
  const looks = [await look(world, everywhere)];

  const all = lasting.flatMap((fault) => injectionsOf(calls, fault).flat());
  const some = sample(all, LASTING, ({ kind: fault, where }) => `${fault} ${where}`);
  for (const injection of some) looks.push(await look(world, [injection]));

  const wrong = looks.filter(({ problems }) => problems.length > 0);
  expect(wrong.map(({ problems, injections }) => [injections[0]?.where, problems])).toEqual([]);
});
