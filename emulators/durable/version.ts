import type { DurableSettings } from "./environment.ts";

/** Whether an instance of this version may run on an app of the default version. */
export function versionMatches(version: string | null, settings: DurableSettings): boolean {
  const ours = settings.defaultVersion ?? "";
  const theirs = version ?? "";
  switch (settings.versionMatchStrategy) {
    case "None":
      return true;
    case "Strict":
      return theirs === ours;
    case "CurrentOrOlder":
      return compare(theirs, ours) <= 0;
  }
}

export function describeMismatch(version: string | null, settings: DurableSettings): string {
  const { defaultVersion, versionMatchStrategy } = settings;
  return `its version '${version ?? ""}' does not match the app's '${defaultVersion ?? ""}' (${versionMatchStrategy}).`;
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  const length = Math.max(left?.length ?? 0, right?.length ?? 0);
  for (let index = 0; index < length; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (Number.isNaN(difference)) return a.localeCompare(b);
    if (difference !== 0) return difference;
  }
  return 0;
}
