// Loads the app of a folder as the Node worker of Azure Functions does and prints what it registered,
// as a JSON list of "trigger name". Usage: node load-like-the-worker.cjs FOLDER
const Module = require("node:module");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

const registered = [];

class Disposable {
  dispose() {}
}

const core = {
  version: "3.9.1",
  hostVersion: "4.1037.0",
  Disposable,
  setProgrammingModel() {},
  getProgrammingModel() {},
  registerHook: () => new Disposable(),
  log() {},
  registerFunction({ name, bindings }) {
    const trigger = Object.values(bindings).find(({ type }) => /trigger$/i.test(type));
    registered.push(`${trigger?.type} ${name}`);
    return new Disposable();
  },
};

const load = Module.prototype.require;
Module.prototype.require = function requireOrCore(id) {
  return id === "@azure/functions-core" ? core : load.call(this, id);
};

const folder = process.argv[2];
const { main } = require(join(folder, "package.json"));
import(pathToFileURL(join(folder, main)).href).then(
  () => process.stdout.write(JSON.stringify(registered)),
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  },
);
