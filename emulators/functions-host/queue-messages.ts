import type { QueueServiceClient } from "@azure/storage-queue";

/** How the text of a message lies in the queue: `extensions.queues.messageEncoding` of host.json. */
export type MessageEncoding = "base64" | "none";

/** Puts a message into a queue; makes the queue if it is missing. */
export async function sendMessage(
  service: QueueServiceClient,
  queueName: string,
  text: string,
  encoding: MessageEncoding,
): Promise<void> {
  const queue = service.getQueueClient(queueName);
  const message = encoding === "base64" ? Buffer.from(text).toString("base64") : text;
  try {
    await queue.sendMessage(message);
  } catch (error) {
    if ((error as { code?: string }).code !== "QueueNotFound") throw error;
    await queue.createIfNotExists();
    await queue.sendMessage(message);
  }
}
