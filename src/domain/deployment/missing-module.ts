/** Python's words, in a log or in an answer of the container. */
const NOT_FOUND = /No module named ['"]([\w.]+)['"]/;
/** Prompt flow's words where a tool could not be loaded. */
const NODE = /Tool load failed in '([^']+)'/;

export interface MissingModule {
  /** The node whose file imports it, where prompt flow says so. */
  readonly node: string | null;
  /** What to do about it, after a space; empty where no module is missing. */
  readonly advice: string;
}

/** What of a deployment's failure comes of a module that its image has not. */
export function missingModule(text: string): MissingModule {
  const [, module] = NOT_FOUND.exec(text) ?? [];
  if (module === undefined) return { node: null, advice: "" };
  const node = NODE.exec(text)?.[1] ?? null;
  const importer = node === null ? "The flow" : `Node ${node}`;
  return {
    node,
    advice: ` ${importer} imports ${module}, which the serving environment has not: no prompt flow image installs a flow's requirements.txt. In the deployment YAML, name an image that has it, or an environment registered with a Conda file that names it (environment: azureml:name:version).`,
  };
}
