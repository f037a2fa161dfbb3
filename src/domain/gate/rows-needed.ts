/** Beyond it nobody is told to collect rows. */
const MOST = 1_000_000;

/**
 * The fewest rows, more than there are, with which a rule would be decided if they were like those that were seen. Null where even a
 * million would not do, as for a figure that is exactly at its bound. `isDecided` answers for a number of rows.
 */
export function rowsNeeded(rows: number, isDecided: (rows: number) => boolean): number | null {
  let enough = Math.max(rows, 1);
  while (!isDecided(enough)) {
    if (enough >= MOST) return null;
    enough = Math.min(enough * 2, MOST);
  }
  let tooFew = Math.max(rows, Math.floor(enough / 2));
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (isDecided(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}
