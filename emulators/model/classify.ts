import { similarities } from "./similarity.ts";
import type { Task } from "./task.ts";

/** So many neighbours vote, each with the square of its similarity. */
const NEIGHBOURS = 5;
const LONGEST_ECHO = 200;

/** The answer of the examples most like the question; without examples the question itself, shortened. */
export function classify({ examples, question }: Task): string {
  if (examples.length === 0) return shorten(question);

  const scores = similarities(
    question,
    examples.map((example) => example.question),
  );
  const nearest = examples
    .map(({ answer }, index) => ({ answer, score: scores[index] ?? 0 }))
    .sort((a, b) => b.score - a.score)
    .slice(0, NEIGHBOURS)
    .filter(({ score }) => score > 0);
  return nearest.length > 0
    ? winner(nearest.map(({ answer, score }) => ({ answer, weight: score ** 2 })))
    : winner(examples.map(({ answer }) => ({ answer, weight: 1 })));
}

/** The first among equals. */
function winner(votes: readonly { answer: string; weight: number }[]): string {
  const sums = new Map<string, number>();
  for (const { answer, weight } of votes) sums.set(answer, (sums.get(answer) ?? 0) + weight);
  const [best] = [...sums].sort(([, a], [, b]) => b - a);
  return best?.[0] ?? "";
}

function shorten(text: string): string {
  const plain = text.trim();
  if (plain.length <= LONGEST_ECHO) return plain;
  const cut = plain.slice(0, LONGEST_ECHO);
  const lastSpace = cut.search(/\s\S*$/);
  return `${cut.slice(0, lastSpace > 0 ? lastSpace : LONGEST_ECHO)}…`;
}
