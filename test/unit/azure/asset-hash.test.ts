import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { checkedFile, contentHash, hashFile, hashFolder, sortedPaths } from "#azure/asset-hash.ts";
import { ignoreRules } from "#domain/ignore-rules.ts";
import { files } from "#kit/apps.ts";
import { collect } from "#kit/collect.ts";

const parts = (...texts: readonly string[]) =>
  Readable.from(texts.map((text) => Buffer.from(text)));
const nothing = () => false;
const folder = { "dir/x": "1", "a.txt": "a", "B.txt": "b" };

// The expected values are what azure-ai-ml 1.16.1 computes: get_object_hash, and get_content_hash for code.
test("a file is named by its content alone, line endings included", async () => {
  expect(await hashFile(parts('{"q":1}\n'))).toBe("e226c8710420bb28ca39ea063dce544c");
  expect(await hashFile(parts('{"q":', "1}\n"))).toBe("e226c8710420bb28ca39ea063dce544c");
  expect(await hashFile(parts('{"q":1}\r\n'))).toBe("82e59c4782c6aa13891bdc853753056c");
});

test("a file that is no longer what its name was made of fails before its end", async () => {
  const name = "e226c8710420bb28ca39ea063dce544c";
  expect(Buffer.concat(await collect(checkedFile(parts('{"q":1}\n'), name))).toString()).toBe(
    '{"q":1}\n',
  );
  await expect(collect(checkedFile(parts('{"q":2}\n'), name))).rejects.toMatchObject({
    code: "AZURE_BUSY",
  });
});

test("a folder is named by names and content in the order of lower-cased names", () => {
  expect(hashFolder(files(folder), nothing)).toBe("851793c0c38246ad13172650fd8e496d");
});

test("a folder does not count its own name, nor the order that its files came in", () => {
  const other = Object.fromEntries(Object.entries(folder).reverse());
  expect(hashFolder(files(other), nothing)).toBe("851793c0c38246ad13172650fd8e496d");
});

test("an ignored file does not count", () => {
  const more = files({ ...folder, secret: "s" });
  expect(hashFolder(more, (path) => path === "secret")).toBe("851793c0c38246ad13172650fd8e496d");
});

test("a directory counts by its name, though all that is in it is ignored", () => {
  const more = files({ ...folder, "ign/only": "s" });
  const ignores = (path: string) => path === "ign/only";
  expect(hashFolder(more, ignores)).toBe("da17b64805375a50204024fbe4b10240");
});

test("a file that a rule brings back from an ignored folder is uploaded, and counts", () => {
  const ignores = ignoreRules("ign\n!ign/keep\n");
  const withKept = (content: string) =>
    files({ ...folder, "ign/keep": content, "ign/x": "1", "other/ign/x": "2" });

  expect(sortedPaths(withKept("k"), ignores)).toEqual(["a.txt", "B.txt", "dir/x", "ign/keep"]);
  expect(hashFolder(withKept("k"), ignores)).not.toBe(hashFolder(withKept("K"), ignores));
  const without = files({ ...folder, "ign/x": "1" });
  expect(hashFolder(without, ignores)).toBe("851793c0c38246ad13172650fd8e496d");
});

test("paths come in the order of the hash, without what is ignored", () => {
  const more = files({ ...folder, "dir/secret": "s" });
  expect(sortedPaths(more, (path) => path === "dir/secret")).toEqual(["a.txt", "B.txt", "dir/x"]);
});

test("what differs in capitals or has no letters of ASCII is in the order of lower-cased names", () => {
  const odd = files({ "a/b": "1", "a.txt": "2", "A-b": "3", "é.txt": "4" });
  expect(hashFolder(odd, nothing)).toBe("f839c836e6960d851ee43215721b70ce");
  expect(contentHash(odd, nothing)).toBe(
    "bf46677470aa3a5cc98b35378d3cfd2b9264ca121c180757afc73858f2e770c5",
  );
});

test("code is named by the paths, sizes and content of what is not ignored", () => {
  const more = files({ ...folder, "ign/only": "s" });
  expect(contentHash(more, (path) => path === "ign/only")).toBe(
    "aa56a6d1ed6dbd3cbb5e7652a36d475d54ea228aef70e6c4222a5b65a019892e",
  );
});
