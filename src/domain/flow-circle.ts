/**
 * Names of which each needs the next, and the last one the first; undefined where nothing goes round.
 * A need that has no entry of its own counts as met.
 */
export function circleOf(
  needs: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const waiting = new Map(needs);
  const open = (name: string) => waiting.get(name)?.find((need) => waiting.has(need));
  for (let before = -1; before !== waiting.size; ) {
    before = waiting.size;
    for (const name of [...waiting.keys()]) if (open(name) === undefined) waiting.delete(name);
  }
  const passed: string[] = [];
  let [at] = waiting.keys();
  while (at !== undefined && !passed.includes(at)) {
    passed.push(at);
    at = open(at);
  }
  return at === undefined ? undefined : passed.slice(passed.indexOf(at));
}
