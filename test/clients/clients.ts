export interface Client {
  /** In `emulators/azure-ml/clients`. */
  readonly script: string;
  readonly command: string;
  /** What pip installs for it; nothing for a client that npm brings. */
  readonly packages: readonly string[];
}

/** promptflow-azure imports modules of azure-ai-ml that 1.35 no longer has. */
const PROMPTFLOW = ["promptflow-azure==1.18.5", "azure-ai-ml==1.31.0"];

export const CLIENTS: readonly Client[] = [
  { script: "promptflow_azure.py", command: "python", packages: PROMPTFLOW },
  { script: "pfazure.sh", command: "sh", packages: PROMPTFLOW },
  {
    script: "azure_ai_ml.py",
    command: "python",
    packages: ["azure-ai-ml==1.35.2", "azure-identity"],
  },
  { script: "arm.mjs", command: "node", packages: [] },
];
