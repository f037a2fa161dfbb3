import type { Message } from "./chat-request.ts";
import { readArrows } from "./examples/arrows.ts";
import type { Examples } from "./examples/example.ts";
import { openQuestion, readLabelled } from "./examples/labelled.ts";
import { labelsOnOwnLines, tagsToLabels } from "./examples/notations.ts";
import { readRecords } from "./examples/records.ts";
import { readTable } from "./examples/tables.ts";
import { readTurns } from "./examples/turns.ts";

export interface Task extends Examples {
  readonly question: string;
}

/** A layout that is only guessed at needs more than one witness. */
const WITNESSES = 2;

/** What the conversation asks, and the labelled examples it gives. */
export function readTask(messages: readonly Message[]): Task {
  const last =
    messages.findLast(({ role }) => role === "user")?.text ?? messages.at(-1)?.text ?? "";
  const text = standingText(messages);
  const found =
    most([readLabelled(text), readRecords(text), readTurns(messages)]) ??
    most(
      [
        readTable(text),
        readArrows(text),
        readLabelled(tagsToLabels(text)),
        readLabelled(labelsOnOwnLines(text)),
      ],
      WITNESSES,
    );
  if (!found) return { examples: [], question: openQuestion(last) ?? last };
  return { examples: found.examples, question: found.question?.trim() || last };
}

/** What is not part of an earlier exchange: instructions, and user messages that nobody has answered. */
function standingText(messages: readonly Message[]): string {
  return messages
    .filter(({ role }, index) => {
      if (role === "user") return messages[index + 1]?.role !== "assistant";
      return role === "system" || role === "developer";
    })
    .map(({ text }) => text)
    .join("\n\n");
}

/** The reading with the most examples, the first among equals. */
function most(readings: readonly Examples[], atLeast = 1): Examples | undefined {
  const [best] = [...readings].sort((a, b) => b.examples.length - a.examples.length);
  return best && best.examples.length >= atLeast ? best : undefined;
}
