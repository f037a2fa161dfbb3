import { expect, test } from "vitest";
import { withoutProxy } from "#emulators/kit/loopback.ts";

test.each([
  { list: undefined, extended: "127.0.0.1,localhost,::1" },
  { list: "", extended: "127.0.0.1,localhost,::1" },
  { list: "corp.example, localhost", extended: "corp.example,localhost,127.0.0.1,::1" },
  { list: "127.0.0.1,localhost,::1", extended: "127.0.0.1,localhost,::1" },
])("$list keeps its names and gains the loopback ones", ({ list, extended }) => {
  expect(withoutProxy({ NO_PROXY: list, no_proxy: "a" })).toEqual({
    NO_PROXY: extended,
    no_proxy: "a,127.0.0.1,localhost,::1",
  });
});
