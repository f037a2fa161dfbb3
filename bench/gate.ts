import type { Figure } from "./measures.ts";
import { startPart } from "./part.ts";

const SIZES = [100_000, 1_000_000];

interface Told {
  readonly seconds: number;
  readonly peakMiB: number;
  readonly expected: number;
  readonly slices: number;
}

/** The gate alone: rows with slices, golden rows, values, latency and a baseline, to their verdict. */
export async function measureGate(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const size of SIZES) {
    await using part = await startPart("parts/gate.ts", [String(size)]);
    const { seconds, peakMiB, expected, slices } = await part.told<Told>();
    if (expected !== size || slices !== 100) throw new Error(`${expected} rows, ${slices} slices.`);
    const name = `${size.toLocaleString("en")} rows judged`;
    figures.push({ name, value: size / seconds, unit: "per s" });
    figures.push({ name: `${name}: memory`, value: peakMiB, unit: "MiB", target: 256 });
  }
  return figures;
}
