import { describe, expect, test } from "vitest";
import { appFiles } from "#domain/bundle/app-files.ts";
import { bundleDigest } from "#domain/bundle/digest.ts";

const files = (texts: Record<string, string>) =>
  new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)] as const));

describe("the digest of a bundle", () => {
  test("is the SHA-256 over path and SHA-256 of content, sorted by path", () => {
    // printf 'a.txt\0%s\n' $(printf 'one' | sha256sum | cut -c1-64) | sha256sum
    expect(bundleDigest(files({ "a.txt": "one" }))).toBe(
      "sha256:1e40da2ccc6f5c13e2374aa091c987c4abec080659502deb62e7fb21abfcb2a4",
    );
  });

  test("does not know the order of files", () => {
    expect(bundleDigest(files({ a: "1", b: "2" }))).toBe(bundleDigest(files({ b: "2", a: "1" })));
  });

  test.each([
    ["content", { a: "1", b: "3" }],
    ["path", { a: "1", c: "2" }],
    ["more", { a: "1", b: "2", c: "" }],
  ])("changes with %s", (_, other: Record<string, string>) => {
    expect(bundleDigest(files(other))).not.toBe(bundleDigest(files({ a: "1", b: "2" })));
  });
});

describe("the app folder", () => {
  test("is what lies under one common top folder, of which only one is stripped", () => {
    const { a, b } = {
      a: files({ "app/x/run.yml": "1", "app/x/b": "2" }),
      b: files({ "x/a": "1", b: "2" }),
    };

    expect([...appFiles(a).keys()]).toEqual(["x/run.yml", "x/b"]);
    expect([...appFiles(b).keys()]).toEqual(["x/a", "b"]);
  });

  test("of a single file at the top is that file", () => {
    expect([...appFiles(files({ "flowgate.yaml": "" })).keys()]).toEqual(["flowgate.yaml"]);
  });

  test("holds something", () => {
    expect(() => appFiles(new Map())).toThrow(/holds no files/);
  });

  test("has no path that is a file and a folder at once", () => {
    expect(() => appFiles(files({ a: "", "a/b": "", c: "" }))).toThrow(
      expect.objectContaining({
        code: "BUNDLE_INVALID",
        problems: [{ file: "a", message: "is a file and a folder at once" }],
      }),
    );
  });
});
