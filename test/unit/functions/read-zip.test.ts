import { crc32 } from "node:zlib";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { readZip } from "#functions/bundles/read-zip.ts";

const text = (content: string) => Buffer.from(content);

/** Changes the bytes of every header with this signature, at an offset from it. */
function patched(zip: Uint8Array, signature: number, offset: number, bytes: readonly number[]) {
  const copy = Buffer.from(zip);
  for (let at = 0; at + 4 < copy.length; at += 1) {
    if (copy.readUInt32LE(at) === signature) copy.set(bytes, at + offset);
  }
  return copy;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;

/** fflate keeps names unique, so the second one is renamed in the bytes. */
function renamed(zip: Uint8Array, from: string, to: string): Uint8Array {
  return Buffer.from(Buffer.from(zip).toString("latin1").replaceAll(from, to), "latin1");
}

describe("a zip", () => {
  test("gives the files of the app folder, whatever it was packed with", async () => {
    const files = { "a.txt": text("one"), "b/c.txt": text("two".repeat(1_000)), "b/": text("") };

    for (const level of [0, 9] as const) {
      const read = await readZip(zipSync({ top: files }, { level }));
      expect([...read].map(([path, content]) => [path, content.length])).toEqual([
        ["a.txt", 3],
        ["b/c.txt", 3_000],
      ]);
    }
  });

  test("leaves out what tools leave behind, before looking for a common folder", async () => {
    const read = await readZip(
      zipSync({
        "app/run.yml": text("1"),
        "app/.git/config": text("2"),
        "app/.DS_Store": text("3"),
        "__MACOSX/app/._run.yml": text("4"),
        "app/__pycache__/tool.cpython-311.pyc": text("5"),
      }),
    );

    expect([...read.keys()]).toEqual(["run.yml"]);
  });

  test.each([
    ["../evil.txt", "leads out of the app folder"],
    ["a/../../evil.txt", "leads out of the app folder"],
    ["/etc/passwd", "is an absolute path; paths are relative to the app folder"],
    ["C:/evil.txt", "is an absolute path; paths are relative to the app folder"],
    ["a\\b.txt", "has a backslash; zip it with a tool that writes forward slashes"],
    ["a//b.txt", 'has an empty part or "."; write it plainly'],
    ["a/\u0007ü.txt", "has characters that no file name may have"],
    [`${"long/".repeat(110)}x`, "is longer than 512 characters"],
  ])("with an entry %s is refused", async (path, message) => {
    await expect(readZip(zipSync({ "a.txt": text("1"), [path]: text("2") }))).rejects.toMatchObject(
      {
        code: "BUNDLE_INVALID",
        problems: [{ file: path, message }],
      },
    );
  });

  test("is refused with every bad entry at once", async () => {
    const zip = zipSync({ "../one": text("1"), "/two": text("2"), fine: text("3") });

    await expect(readZip(zip)).rejects.toMatchObject({
      problems: [{ file: "../one" }, { file: "/two" }],
    });
  });

  test("with a symbolic link is refused", async () => {
    const zip = zipSync({ link: [text("/etc/passwd"), { os: 3, attrs: 0o120777 << 16 }] });

    await expect(readZip(zip)).rejects.toMatchObject({
      code: "BUNDLE_INVALID",
      problems: [{ file: "link", message: "is a symbolic link; zip the file itself" }],
    });
  });

  test("with an entry twice is refused", async () => {
    const zip = renamed(
      zipSync({ "one.txt": text("1"), "two.txt": text("2") }),
      "two.txt",
      "one.txt",
    );

    await expect(readZip(zip)).rejects.toMatchObject({
      problems: [{ file: "one.txt", message: "is in the zip twice" }],
    });
  });

  test("that is encrypted is refused", async () => {
    const zip = patched(zipSync({ "a.txt": text("1") }), CENTRAL, 8, [1, 0]);

    await expect(readZip(zip)).rejects.toMatchObject({
      problems: [{ file: "a.txt", message: "is encrypted; zip it without a password" }],
    });
  });

  test("whose entry is packed by another method is refused", async () => {
    const zip = patched(zipSync({ "a.txt": text("1") }), CENTRAL, 10, [12, 0]);

    await expect(readZip(zip)).rejects.toMatchObject({
      problems: [{ file: "a.txt", message: "is packed by a method other than store or deflate" }],
    });
  });

  test("whose content does not match its checksum is refused", async () => {
    const wrong = crc32(text("other")).toString(16).padStart(8, "0").match(/../g) ?? [];
    const bytes = wrong.map((digits) => Number.parseInt(digits, 16)).reverse();
    const zip = patched(zipSync({ "a.txt": text("right") }, { level: 0 }), CENTRAL, 16, bytes);

    await expect(readZip(zip)).rejects.toMatchObject({
      code: "BUNDLE_INVALID",
      problems: [{ file: "a.txt", message: "does not match its checksum (CRC-32)" }],
    });
  });

  test("whose compressed content is broken is refused with the entry", async () => {
    const zip = patched(zipSync({ "a.txt": text("abc".repeat(500)) }), LOCAL, 35, [255, 255, 255]);

    await expect(readZip(zip)).rejects.toMatchObject({
      code: "BUNDLE_INVALID",
      problems: [{ file: "a.txt" }],
    });
  });

  test("that declares less than it holds is stopped while it unpacks", async () => {
    const bomb = zipSync({ "bomb.bin": new Uint8Array(64 * 1024 * 1024) }, { level: 9 });
    const lying = patched(bomb, CENTRAL, 24, [100, 0, 0, 0]);

    await expect(readZip(lying)).rejects.toMatchObject({
      code: "BUNDLE_INVALID",
      problems: [{ file: "bomb.bin", message: expect.stringContaining("too many bytes") }],
    });
  });

  test("that unpacks to more than 100 MiB is refused before it is unpacked", async () => {
    const half = new Uint8Array(51 * 1024 * 1024);

    await expect(readZip(zipSync({ a: half, b: half }, { level: 1 }))).rejects.toMatchObject({
      code: "BUNDLE_TOO_LARGE",
    });
  });

  test("of more than 2,000 files is refused, of 2,000 it is not", async () => {
    const many = (count: number) =>
      zipSync(Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, text("")])));

    expect((await readZip(many(2_000))).size).toBe(2_000);
    await expect(readZip(many(2_001))).rejects.toMatchObject({ code: "BUNDLE_TOO_LARGE" });
  });

  test("larger than 20 MiB is refused unread", async () => {
    await expect(readZip(new Uint8Array(20 * 1024 * 1024 + 1))).rejects.toMatchObject({
      code: "BUNDLE_TOO_LARGE",
    });
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["text", text("PK, but not really")],
    ["half a zip", zipSync({ a: text("1"), b: text("2") }).subarray(0, 60)],
  ])("that is %s is refused", async (_, content) => {
    await expect(readZip(content)).rejects.toMatchObject({
      code: "BUNDLE_INVALID",
      message: expect.stringContaining("not a readable zip"),
    });
  });
});
