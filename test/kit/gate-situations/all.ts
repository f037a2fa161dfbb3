import { ABOUT_DROPS } from "./about-drops.ts";
import { ABOUT_METRICS } from "./about-metrics.ts";
import { ABOUT_ROWS } from "./about-rows.ts";
import { ABOUT_VARIANTS } from "./about-variants.ts";
import type { Situation } from "./situation.ts";

/** Every sentence that a verdict can say, and where it stands among the others. */
export const SITUATIONS: readonly Situation[] = [
  ...ABOUT_METRICS,
  ...ABOUT_ROWS,
  ...ABOUT_DROPS,
  ...ABOUT_VARIANTS,
];
