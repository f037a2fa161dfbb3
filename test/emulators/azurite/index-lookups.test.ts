import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { useNarrowestIndexes } from "#emulators/azurite/index-lookups.ts";

const fromAzurite = createRequire(createRequire(import.meta.url).resolve("azurite/package.json"));
const Loki = fromAzurite("lokijs");
useNarrowestIndexes();

/** Of one account, as Azurite indexes its blobs; `looks` counts documents whose other fields a query reads. */
function blobs(count: number) {
  const seen = { looks: 0 };
  const collection = new Loki("blobs").addCollection("blobs", {
    indices: ["account", "container", "name"],
  });
  for (let n = 0; n < count; n += 1) {
    const document = { account: "dev", container: `c${n % 2}`, name: `blob ${n}` };
    Object.defineProperty(document, "committed", {
      enumerable: true,
      get() {
        seen.looks += 1;
        return true;
      },
    });
    collection.insert(document);
  }
  seen.looks = 0;
  return { collection, seen };
}

test("one blob is found without looking at the others of its account", () => {
  const { collection, seen } = blobs(1_000);
  const key = { account: "dev", committed: true, container: "c1", name: "blob 501" };
  expect(collection.findOne(key)).toMatchObject({ name: "blob 501" });
  expect(seen.looks).toBeLessThan(10);
});

test.each([
  { account: "dev", container: "c0", name: "blob 501" },
  { account: "dev", container: "c1", name: "blob 5010" },
  { account: "other", container: "c1", name: "blob 501" },
])("what is not there is not found: %o", (key) => {
  expect(blobs(1_000).collection.findOne(key)).toBeNull();
});

test("a query without an indexed property still finds", () => {
  const { collection } = blobs(10);
  expect(collection.findOne({ committed: true })).toMatchObject({ name: "blob 0" });
  expect(collection.findOne({ name: { $gt: "blob 8" } })).toMatchObject({ name: "blob 9" });
});
