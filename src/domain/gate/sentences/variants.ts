// Sentences about variants beside each other.

export function notDistinguishable(winner: string, other: string, name: string): string {
  return `${winner} and ${other} are not distinguishable by ${name}: the intervals overlap; ${winner} comes first by its figure, or by its place on a tie`;
}
