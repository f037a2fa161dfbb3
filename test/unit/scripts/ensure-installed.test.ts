import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const SCRIPT = resolve(import.meta.dirname, "../../../scripts/ensure-installed.mjs");

const lock = {
  "": { name: "app" },
  "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/for-mac": { version: "1.0.0", integrity: "sha512-m", optional: true },
};
type Packages = Record<string, Record<string, unknown>>;

function write(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
}

/** A folder with this lock and, unless null, this installed. */
function aFolder(installed: Packages | null, locked: Packages = lock): string {
  const folder = mkdtempSync(join(tmpdir(), "install-"));
  write(join(folder, "package-lock.json"), { packages: locked });
  if (installed) {
    write(join(folder, "node_modules/.package-lock.json"), { packages: installed });
    write(join(folder, "node_modules/node/bin/node"), "");
  }
  return folder;
}

/** Runs with an npm that notes its arguments and ends with this code. */
function ensureInstalled(folder: string, code = 0) {
  const npm = join(folder, "npm-cli.js");
  write(npm, `console.log("npm " + process.argv.slice(2).join(" ")); process.exitCode = ${code};`);
  const env = { npm_execpath: npm };
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT], { cwd: folder, env });
  return { status, stdout: String(stdout), stderr: String(stderr) };
}

const { "": _root, "node_modules/for-mac": _mac, ...here } = lock;
const CI = "npm ci --include=dev --no-audit --no-fund --loglevel=error\n";

test("what is installed as the lock says is left alone, without a word", () => {
  expect(ensureInstalled(aFolder(here))).toEqual({ status: 0, stdout: "", stderr: "" });
});

test("a checkout that only gives the lock a new time installs nothing", () => {
  const folder = aFolder(here);
  const later = new Date(Date.now() + 60_000);
  utimesSync(join(folder, "package-lock.json"), later, later);

  expect(ensureInstalled(folder).stdout).toBe("");
});

test.each([
  { name: "nothing is installed", installed: null, reason: "node_modules is missing" },
  {
    name: "another version is installed",
    installed: { "node_modules/a": { version: "0.9.0", integrity: "sha512-a" } },
    reason: "node_modules/a is not what package-lock.json says",
  },
  {
    name: "another content is installed",
    installed: { "node_modules/a": { version: "1.0.0", integrity: "sha512-x" } },
    reason: "node_modules/a is not what package-lock.json says",
  },
  {
    name: "a package is missing",
    installed: {},
    reason: "node_modules/a is not what package-lock.json says",
  },
  {
    name: "an optional package is there in another version",
    installed: { ...here, "node_modules/for-mac": { version: "0.9.0", integrity: "sha512-m" } },
    reason: "node_modules/for-mac is not what package-lock.json says",
  },
])("it installs when $name", ({ installed, reason }) => {
  const { stdout } = ensureInstalled(aFolder(installed));

  expect(stdout).toBe(`Installing, because ${reason} (npm ci, about a minute).\n${CI}`);
});

test("an install that was cut off is done again", () => {
  const folder = aFolder(null);
  mkdirSync(join(folder, "node_modules"));

  expect(ensureInstalled(folder).stdout).toContain("node_modules is incomplete");
});

test("an install that fails ends the command with what to do", () => {
  const { status, stderr } = ensureInstalled(aFolder(null), 7);

  expect(status).toBe(1);
  expect(stderr).toBe(
    "npm ci failed (exit code 7); its own words are above. Put that right and run the command again.\n",
  );
});

test("a lock that is not there is said", () => {
  const folder = aFolder(here);
  write(join(folder, "package-lock.json"), "<<<<<<<");

  expect(ensureInstalled(folder)).toMatchObject({
    status: 1,
    stderr: "package-lock.json is missing or is not JSON; restore it with git.\n",
  });
});
