/** What the kinds of connections are called: in a file, by prompt flow's classes, by the flow service and by ARM. */
export const KINDS = {
  azure_open_ai: {
    className: "AzureOpenAIConnection",
    serviceType: "AzureOpenAI",
    category: "AzureOpenAI",
    target: "api_base",
  },
  open_ai: {
    className: "OpenAIConnection",
    serviceType: "OpenAI",
    category: "OpenAI",
    target: "base_url",
  },
  serverless: {
    className: "ServerlessConnection",
    serviceType: "Serverless",
    category: "Serverless",
    target: "api_base",
  },
  custom: {
    className: "CustomConnection",
    serviceType: "Custom",
    category: "CustomKeys",
    target: null,
  },
} as const;

export interface WorkspaceConnection {
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  readonly configs: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}
