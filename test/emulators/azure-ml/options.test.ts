import { expect, test } from "vitest";
import {
  readCoreLimits,
  readDatastoreCredentials,
  readWorkspaces,
} from "#emulators/azure-ml/read-options.ts";

test("workspaces are named alone, with their group, or with subscription and group", () => {
  expect(readWorkspaces("dev, shared/prod,s2/g2/w2")).toEqual([
    { workspace: "dev" },
    { workspace: "prod", resourceGroup: "shared" },
    { workspace: "w2", resourceGroup: "g2", subscription: "s2" },
  ]);
  expect(() => readWorkspaces("a,")).toThrow('--workspace is "a,"; it has to be a NAME');
  expect(() => readWorkspaces("1/2/3/4")).toThrow("SUBSCRIPTION/GROUP/NAME");
});

test("cores are limited in all, by family, or both", () => {
  expect(readCoreLimits("8")).toEqual({ total: 8, families: {} });
  expect(readCoreLimits("standardDSv2Family=6")).toEqual({
    total: 10_000,
    families: { standardDSv2Family: 6 },
  });
  expect(readCoreLimits("20,standardDSv2Family=6")).toMatchObject({ total: 20 });
  expect(() => readCoreLimits("many")).toThrow('--cores is "many"; it has to be a whole number');
});

test("a datastore keeps one of three kinds of credentials", () => {
  expect(readDatastoreCredentials("Sas")).toBe("Sas");
  expect(() => readDatastoreCredentials("key")).toThrow(
    '--datastore is "key"; it has to be AccountKey, Sas or None.',
  );
});
