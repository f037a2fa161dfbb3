// Runs before every command, on the machine's own Node, where nothing may be installed yet: no imports but Node's, no TypeScript.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const OLDEST_NODE = 18;
/** The sources are TypeScript that only this one runs as it is; npm brings it. */
const NODE_OF_OURS = 24;

const major = Number(process.versions.node.split(".")[0]);
if (major < OLDEST_NODE) {
  fail(
    `Node ${process.versions.node} is too old: ${OLDEST_NODE} or newer is needed to install (https://nodejs.org).`,
  );
}

const reason = reasonToInstall();
if (reason) install(reason);
if (!existsSync("node_modules/node/bin/node") && major < NODE_OF_OURS) {
  fail(
    `The package node brings Node ${NODE_OF_OURS}, but its install script did not run. Allow scripts (npm config get ignore-scripts), remove node_modules, and try again.`,
  );
}

/**
 * Contents decide, not times: a checkout gives the lock a new time without changing it, and an old
 * one when it does.
 */
function reasonToInstall() {
  if (!existsSync("node_modules")) return "node_modules is missing";
  const installed = packagesOf("node_modules/.package-lock.json");
  if (!installed) return "node_modules is incomplete";
  const locked = packagesOf("package-lock.json");
  if (!locked) fail("package-lock.json is missing or is not JSON; restore it with git.");
  const stale = Object.keys(locked).find(
    (path) => path !== "" && differs(locked[path], installed[path]),
  );
  return stale && `${stale} is not what package-lock.json says`;
}

/** An optional package may be left out, for another system or by choice; a present one has to be right. */
function differs(locked, installed) {
  if (!installed) return !locked.optional;
  return locked.version !== installed.version || locked.integrity !== installed.integrity;
}

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return undefined;
  }
}

function install(why) {
  process.stdout.write(`Installing, because ${why} (npm ci, about a minute).\n`);
  // NODE_ENV=production would leave out what every command here needs.
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const { npm_execpath: npm, npm_node_execpath: node = process.execPath } = process.env;
  // This process may run on the Node inside node_modules, which npm ci is about to remove.
  const outcome = npm?.endsWith(".js")
    ? spawnSync(node, [npm, ...args], { stdio: "inherit" })
    : spawnSync("npm", args, { stdio: "inherit", shell: process.platform === "win32" });
  if (outcome.error) fail(`npm did not start: ${outcome.error.message}`);
  if (outcome.status === 0) return;
  const how = outcome.signal ?? `exit code ${outcome.status}`;
  fail(
    `npm ci failed (${how}); its own words are above. Put that right and run the command again.`,
  );
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
