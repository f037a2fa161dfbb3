const STOP_WORDS = new Set(
  `a about after all also an and any are as at be been but by can could did do does for from had has have
  he her here him his how i if in into is it its just may me more most my no not now of off on one only or
  our out over she so some such than that the their them then there these they this those to too under up
  us was we were what when where which while who whose why will with would you your
  http https www com org net html htm index`.split(/\s+/),
);

/** Longest first; a stem keeps at least three letters. */
const ENDINGS: readonly (readonly [ending: string, becomes: string])[] = [
  ["ational", "ate"],
  ["ization", "ize"],
  ["ments", "ment"],
  ["ingly", ""],
  ["edly", ""],
  ["ings", ""],
  ["ies", "y"],
  ["ied", "y"],
  ["ing", ""],
  ["ers", "er"],
  ["ed", ""],
  ["ly", ""],
  ["es", "e"],
  ["s", ""],
];

/**
 * Lower-case stems without stop words and single letters or digits, unless the text has nothing else;
 * an address falls apart at its punctuation.
 */
export function words(text: string): readonly string[] {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const all = plain.match(/\p{L}+|\p{N}+/gu) ?? [];
  const telling = all
    .filter((word) => !STOP_WORDS.has(word))
    .map(stem)
    .filter((word) => word.length > 1 || /\P{ASCII}/u.test(word));
  return telling.length > 0 ? telling : all;
}

function stem(word: string): string {
  if (word.endsWith("ss")) return word;
  const rule = ENDINGS.find(
    ([ending]) => word.endsWith(ending) && word.length - ending.length >= 3,
  );
  const cut = rule ? word.slice(0, word.length - rule[0].length) + rule[1] : word;
  // `planned` and `planning` meet `plan`, and `code`, `codes`, `coded` meet.
  return cut.replace(/([bdgmnprt])\1$/, "$1").replace(/(?<=\w{3})e$/, "");
}
