import { expect, test } from "vitest";
import { parseRoute } from "#emulators/functions-host/routes.ts";

test.each([
  ["api/items/{id}", "/api/items/7", { id: "7" }],
  ["api/items/{id}", "/API/Items/7/", { id: "7" }],
  ["api/items/{id}", "/api/items", undefined],
  ["api/items/{id}", "/api/items/7/8", undefined],
  ["api/items/{id?}", "/api/items", {}],
  ["api/items/{id=9}", "/api/items", { id: "9" }],
  ["api/{id:int}", "/api/7", { id: "7" }],
  ["api/{id:int}", "/api/seven", undefined],
  ["api/{id:int?}", "/api", {}],
  [
    "api/{id:guid}",
    "/api/3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    { id: "3f2504e0-4f89-11d3-9a0c-0305e82c3301" },
  ],
  ["api/{on:bool}", "/api/TRUE", { on: "TRUE" }],
  ["api/{name:alpha:length(3)}", "/api/abc", { name: "abc" }],
  ["api/{name:alpha:length(3)}", "/api/ab1", undefined],
  ["api/{n:range(1,5)}", "/api/5", { n: "5" }],
  ["api/{n:range(1,5)}", "/api/6", undefined],
  ["api/{n:min(3)}", "/api/2", undefined],
  ["api/{name:regex(^a\\d{{2}}$)}", "/api/a1", undefined],
  ["api/{*rest}", "/api/a/b", { rest: "a/b" }],
  ["api/{*rest}", "/api", {}],
  ["api/{name}.{ext}", "/api/a.b.txt", { name: "a.b", ext: "txt" }],
  ["api/a.b", "/api/axb", undefined],
])("%s on %s", (template, path, expected) => {
  expect(parseRoute(template).match(path)).toEqual(expected);
});

test.each([
  ["a/{id:colour}", 'Route "a/{id:colour}": the constraint "colour" is not known.'],
  ["a/{}", 'Route "a/{}": "{}" has no usable parameter name.'],
  ["a/{id", 'Route "a/{id": "{id" cannot be read.'],
])("%s is refused in words", (template, message) => {
  expect(() => parseRoute(template)).toThrow(message);
});
