import { words } from "./words.ts";

type Vector = ReadonlyMap<string, number>;

/** Cosine of the TF-IDF vectors of `text` and of each document, 0 to 1; rarity is counted over the documents. */
export function similarities(text: string, documents: readonly string[]): readonly number[] {
  const counted = documents.map((document) => count(words(document)));
  const rarity = inverseDocumentFrequency(counted);
  const question = weigh(count(words(text)), rarity);
  return counted.map((document) => cosine(question, weigh(document, rarity)));
}

function count(tokens: readonly string[]): Vector {
  const counts = new Map<string, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
}

function inverseDocumentFrequency(documents: readonly Vector[]): Vector {
  const frequencies = count(documents.flatMap((document) => [...document.keys()]));
  return new Map(
    [...frequencies].map(([word, n]) => [word, Math.log((1 + documents.length) / (1 + n)) + 1]),
  );
}

/** A word that no document has counts for nothing. */
function weigh(counts: Vector, rarity: Vector): Vector {
  return new Map(
    [...counts].map(([word, n]) => [word, (1 + Math.log(n)) * (rarity.get(word) ?? 0)]),
  );
}

function cosine(a: Vector, b: Vector): number {
  let dot = 0;
  for (const [word, weight] of a) dot += weight * (b.get(word) ?? 0);
  return dot === 0 ? 0 : dot / (length(a) * length(b));
}

function length(vector: Vector): number {
  return Math.sqrt([...vector.values()].reduce((sum, weight) => sum + weight ** 2, 0));
}
