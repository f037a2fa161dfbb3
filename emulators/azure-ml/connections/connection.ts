/**
 * What the kinds of connections are called (in a file, by prompt flow's classes, by the flow service and by ARM), and
 * what a file of the kind may and has to say beside name and type.
 */
export const KINDS = {
  azure_open_ai: {
    className: "AzureOpenAIConnection",
    serviceType: "AzureOpenAI",
    category: "AzureOpenAI",
    target: "api_base",
    fields: ["api_key", "api_base", "api_type", "api_version", "auth_mode", "resource_id"],
    required: ["api_key", "api_base"],
  },
  open_ai: {
    className: "OpenAIConnection",
    serviceType: "OpenAI",
    category: "OpenAI",
    target: "base_url",
    fields: ["api_key", "base_url", "organization"],
    required: ["api_key"],
  },
  serverless: {
    className: "ServerlessConnection",
    serviceType: "Serverless",
    category: "Serverless",
    target: "api_base",
    fields: ["api_key", "api_base"],
    required: ["api_key", "api_base"],
  },
  custom: {
    className: "CustomConnection",
    serviceType: "Custom",
    category: "CustomKeys",
    target: null,
    fields: ["configs", "secrets", "custom_type", "package", "package_version"],
    required: ["secrets"],
  },
} as const;

export interface WorkspaceConnection {
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  readonly configs: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}
