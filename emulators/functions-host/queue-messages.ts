import type { QueueClient } from "@azure/storage-queue";

/** How the text of a message lies in the queue: `extensions.queues.messageEncoding` of host.json. */
export type MessageEncoding = "base64" | "none";

/** Puts a message into a queue; makes the queue if it is missing. */
export async function sendMessage(
  queue: QueueClient,
  text: string,
  encoding: MessageEncoding,
): Promise<void> {
  const message = encoding === "base64" ? Buffer.from(text).toString("base64") : text;
  try {
    await queue.sendMessage(message);
  } catch (error) {
    if ((error as { code?: string }).code !== "QueueNotFound") throw error;
    await queue.createIfNotExists();
    await queue.sendMessage(message);
  }
}

/** The text of a message; undefined when it is not encoded as it should be. */
export function messageText(message: string, encoding: MessageEncoding): string | undefined {
  if (encoding === "none") return message;
  const bytes = Buffer.from(message, "base64");
  return bytes.toString("base64") === message ? bytes.toString() : undefined;
}
