import { defineConfig } from "vitest/config";

// What runs for every mutant of the gate: its own tests and no others. Those that play many games are left out: they take
// longer than all the rest. Stryker ends what a mutant makes endless; the first run, which counts the mutants that each test
// meets, takes thirty times as long as the tests do alone.
export default defineConfig({
  test: {
    include: ["test/unit/domain/gate/**/*.test.ts"],
    exclude: ["**/odds.test.ts", "**/properties.test.ts"],
    testTimeout: 180_000,
  },
});
