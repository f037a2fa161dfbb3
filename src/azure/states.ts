/** How a resource stands, as every wait wants to know it; `message` says why it failed, or a warning. */
export interface Standing {
  readonly state: "pending" | "ready" | "failed" | "gone";
  readonly message: string;
}

const MAX_MESSAGE = 500;

export const pending: Standing = { state: "pending", message: "" };
export const gone: Standing = { state: "gone", message: "" };

export function ready(warning = ""): Standing {
  return { state: "ready", message: warning.slice(0, MAX_MESSAGE) };
}

export function failed(message: string): Standing {
  return { state: "failed", message: message.slice(0, MAX_MESSAGE) };
}
