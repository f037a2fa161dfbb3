/** Works on up to `ahead` items at once and yields the results in the order of the items. */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  ahead: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const started: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    // Whoever waits for it hears of the failure; nobody may be waiting yet.
    result.catch(() => {});
    started.push(result);
    if (started.length >= ahead) yield await (started.shift() ?? result);
  }
  for (const result of started) yield await result;
}
