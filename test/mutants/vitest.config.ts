import { defineConfig } from "vitest/config";

// What runs for every mutant of the gate: its own tests and no others. The odds are left out: they take longer than all the rest.
// Stryker ends what a mutant makes endless; the first run, which counts every mutant that a test meets, takes thirty times as long.
export default defineConfig({
  test: {
    include: ["test/unit/domain/gate/**/*.test.ts"],
    exclude: ["**/odds.test.ts"],
    testTimeout: 180_000,
  },
});
