import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
const PAGES = globSync("**/*.md", {
  cwd: REPOSITORY,
  exclude: (name) =>
    ["node_modules", ".git", ".flowgate", "dist"].includes(name.split("/")[0] ?? ""),
}).toSorted();
const WEB = /^(https?:|mailto:)/;

const read = (page: string) => readFileSync(join(REPOSITORY, page), "utf8");

/** Targets of `[text](target)`, not of what stands in a code block or in back quotes. */
function linksIn(page: string): string[] {
  const prose = read(page)
    .replace(/^```[\s\S]*?^```/gm, "")
    .replace(/`[^`\n]*`/g, "code");
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = ""]) => target);
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  const headings = read(page).matchAll(/^#{1,6} (.+)$/gm);
  return [...headings].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function brokenLinks(page: string): string[] {
  return linksIn(page)
    .filter((target) => !WEB.test(target))
    .filter((target) => {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      if (!existsSync(join(REPOSITORY, file))) return true;
      return anchor !== undefined && !anchorsOf(file).includes(anchor);
    });
}

test.each(PAGES)("every link of %s leads somewhere", (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

test("every folder at the top says what lives in it", () => {
  const folders = ["action", "bench", "cli", "dashboard", "emulators", "infra", "lint", "samples"];
  const rooms = [...folders, "scripts", "sdk", "src", "test", "docs/adr", "docs/reference"];

  expect(rooms.filter((room) => !PAGES.includes(`${room}/README.md`))).toEqual([]);
});

test.each(PAGES)("%s names no folder of one machine", (page) => {
  expect(read(page)).not.toMatch(/\/(root|home\/\w+|Users\/\w+|work)\//);
});
