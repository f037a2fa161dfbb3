import { describe, expect, test } from "vitest";
import {
  deploymentsToRetire,
  restoredTraffic,
  sameTraffic,
  trafficProblem,
  trafficStep,
} from "#domain/traffic.ts";

describe("a step of a rollout", () => {
  test.each([
    { stable: { blue: 100 }, percent: 10, next: { blue: 90, green: 10 } },
    { stable: { blue: 90, green: 10 }, percent: 50, next: { blue: 50, green: 50 } },
    { stable: { blue: 100 }, percent: 100, next: { green: 100 } },
    { stable: { blue: 70, red: 30 }, percent: 10, next: { blue: 63, red: 27, green: 10 } },
    { stable: { blue: 50, red: 50 }, percent: 15, next: { blue: 43, red: 42, green: 15 } },
    { stable: { a: 34, b: 33, c: 33 }, percent: 1, next: { a: 33, b: 33, c: 33, green: 1 } },
    { stable: { a: 98, b: 1, c: 1 }, percent: 99, next: { a: 1, green: 99 } },
    { stable: {}, percent: 10, next: { green: 100 } },
    { stable: { blue: 0 }, percent: 10, next: { green: 100 } },
    { stable: { green: 100 }, percent: 10, next: { green: 100 } },
  ])(
    "gives the candidate $percent % and shares the rest of $stable",
    ({ stable, percent, next }) => {
      expect(trafficStep(stable, "green", percent)).toEqual(next);
    },
  );

  test("sums to 100 whatever served before", () => {
    for (let percent = 1; percent <= 100; percent += 1) {
      const next = trafficStep({ a: 41, b: 37, c: 13, d: 9 }, "green", percent);
      expect(Object.values(next).reduce((one, other) => one + other)).toBe(100);
      expect(Object.values(next).every(Number.isInteger)).toBe(true);
    }
  });
});

test("the way back is the exact earlier map without what served nothing", () => {
  expect(restoredTraffic({ blue: 70, red: 30, green: 0 })).toEqual({ blue: 70, red: 30 });
});

test.each([
  { one: { a: 100 }, other: { a: 100, b: 0 }, same: true },
  { one: { a: 100 }, other: { b: 100 }, same: false },
  { one: {}, other: { a: 0 }, same: true },
])("a deployment that is not named has nothing: $one and $other", ({ one, other, same }) => {
  expect(sameTraffic(one, other)).toBe(same);
});

test.each([
  { traffic: { a: 60, b: 40 }, problem: undefined },
  { traffic: {}, problem: undefined },
  { traffic: { a: 60, b: 30 }, problem: "it sums to 90 %, not to 100" },
  { traffic: { a: 0 }, problem: "it sums to 0 %, not to 100" },
  { traffic: { a: 99.5, b: 0.5 }, problem: "a has 99.5 %, which is no whole number from 0 to 100" },
  { traffic: { a: 110, b: -10 }, problem: "b has -10 %, which is no whole number from 0 to 100" },
  { traffic: { ghost: 100 }, problem: "ghost is no deployment of the endpoint" },
])("a map that no endpoint can have is named: $traffic", ({ traffic, problem }) => {
  expect(trafficProblem(traffic, ["a", "b"])).toBe(problem);
});

test.each([
  { keep: 0, retired: ["first", "second", "third"] },
  { keep: 1, retired: ["first", "second"] },
  { keep: 3, retired: [] },
  { keep: 9, retired: [] },
])("all but the $keep newest others are retired", ({ keep, retired }) => {
  const deployments = ["first", "second", "serving", "third"];
  expect(deploymentsToRetire(deployments, "serving", keep)).toEqual(retired);
});
