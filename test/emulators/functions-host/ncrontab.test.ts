import { expect, test } from "vitest";
import { parseSchedule } from "#emulators/functions-host/ncrontab.ts";

const after = "2026-11-22T10:20:30.500Z";

test.each([
  ["0 */5 * * * *", "2026-11-22T10:25:00.000Z"],
  ["*/10 * * * * *", "2026-11-22T10:20:40.000Z"],
  ["30 20 10 * * *", "2026-11-23T10:20:30.000Z"],
  ["0 0 9-17 * * Mon-Fri", "2026-11-23T09:00:00.000Z"],
  ["0 0 0 1 Jan,Jul *", "2027-01-01T00:00:00.000Z"],
  ["0 0 0 29 2 *", "2028-02-29T00:00:00.000Z"],
  ["0 0 0 * * 7", "2026-11-29T00:00:00.000Z"],
  ["*/5 * * * *", "2026-11-22T10:25:00.000Z"],
  ["00:30:00", "2026-11-22T10:50:30.500Z"],
  ["1.00:00:00", "2026-11-23T10:20:30.500Z"],
])("%s next runs at %s", (schedule, expected) => {
  const next = parseSchedule(schedule).next(Date.parse(after));
  expect(new Date(next).toISOString()).toBe(expected);
});

test.each([
  ["* * *", 'the schedule "* * *" has 3 fields; NCRONTAB has six (second first)'],
  ["0 0 24 * * *", 'the schedule "0 0 24 * * *" has "24" for the hour; it takes 0 to 23'],
  ["0 0 5-2 * * *", 'the schedule "0 0 5-2 * * *" has "5-2" for the hour; it takes 0 to 23'],
  ["0 x * * * *", 'the schedule "0 x * * * *" has "x" for the minute; it takes 0 to 59'],
  ["00:00:00", 'the schedule "00:00:00" is an interval of no length'],
])("%s is refused in words", (schedule, message) => {
  expect(() => parseSchedule(schedule)).toThrow(message);
});

test("a schedule below a minute is frequent", () => {
  expect(parseSchedule("*/30 * * * * *").isFrequent).toBe(true);
  expect(parseSchedule("0 * * * * *").isFrequent).toBe(false);
});
