// What `require("@azure/functions-core")` gives an app: the core that the host put here before loading it.
module.exports = globalThis[Symbol.for("flowgate.functions-core")];
