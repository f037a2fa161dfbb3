type Random = () => number;

/** How the values of a metric are spread, and their true mean. */
export interface ValueShape {
  readonly name: string;
  readonly mean: number;
  readonly draw: (random: Random) => number;
}

/** Each value with its share of all. */
function graded(...shares: readonly [value: number, share: number][]): ValueShape["draw"] {
  return (random) => {
    let left = random();
    for (const [value, share] of shares) {
      left -= share;
      if (left < 0) return value;
    }
    return shares.at(-1)?.[0] ?? Number.NaN;
  };
}

/** Box and Muller's method. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Shapes that the gate was not tuned on. */
export const SHAPES: readonly ValueShape[] = [
  { name: "uniform, 0 to 1", mean: 0.5, draw: (random) => random() },
  // sin² of a uniform angle: Beta(½, ½).
  { name: "U-shaped, 0 to 1", mean: 0.5, draw: (random) => Math.sin(Math.PI * random()) ** 2 },
  {
    name: "grades 1 to 5, most 5",
    mean: 4.51,
    draw: graded([1, 0.02], [2, 0.03], [3, 0.07], [4, 0.18], [5, 0.7]),
  },
  { name: "exponential", mean: 1, draw: (random) => -Math.log(1 - random()) },
  {
    name: "lognormal, σ = 0.5",
    mean: Math.exp(0.125),
    draw: (random) => Math.exp(normal(random) / 2),
  },
  { name: "5, one in 20 is 1", mean: 4.8, draw: graded([1, 0.05], [5, 0.95]) },
];

/** Shapes of which values may lie far above all that were seen. */
export const FAR_SHAPES: readonly ValueShape[] = [
  { name: "lognormal, σ = 1", mean: Math.exp(0.5), draw: (random) => Math.exp(normal(random)) },
  { name: "1, one in 20 is 5", mean: 1.2, draw: graded([5, 0.05], [1, 0.95]) },
  { name: "1, one in 20 is 10", mean: 1.45, draw: graded([10, 0.05], [1, 0.95]) },
];
