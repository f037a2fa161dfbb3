/** Of the known words the one that was probably meant, if any is close enough. */
export function nearest(
  word: string,
  known: readonly string[],
  limit = Math.max(1, Math.floor(word.length / 3)),
): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, edits: edits(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits: count }) => count <= limit)
    .sort((one, other) => one.edits - other.edits);
  return ranked[0]?.candidate;
}

/** Letters to insert, remove or replace, or neighbours to swap, to make one word of the other. */
function edits(one: string, other: string): number {
  const table: number[][] = [];
  const cell = (row: number, column: number) => table[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 0; row <= one.length; row += 1) {
    table.push([]);
    for (let column = 0; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      table[row]?.push(
        row + column === 0
          ? 0
          : Math.min(
              cell(row - 1, column) + 1,
              cell(row, column - 1) + 1,
              cell(row - 1, column - 1) + (same ? 0 : 1),
              cell(row - 2, column - 2) + (swapped ? 1 : 2),
            ),
      );
    }
  }
  return cell(one.length, other.length);
}
