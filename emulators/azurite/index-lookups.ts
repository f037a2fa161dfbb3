import { createRequire } from "node:module";

/** What is used here of LokiJS, which Azurite keeps its indexes with. */
interface Collection {
  /** Whether indexes are always up to date. */
  readonly adaptiveBinaryIndices: boolean;
  readonly binaryIndices: Readonly<Record<string, unknown>>;
  /** First and last place in the index of this property; the last is below the first when nothing is equal. */
  calculateRange(operator: "$eq", property: string, value: unknown): readonly [number, number];
  findOne(query: Query): unknown;
}

type Query = Readonly<Record<string, unknown>>;

/**
 * LokiJS uses the index of a query's first property alone and then looks at all that this one leaves. Azurite asks for
 * the account first, which every blob has, so that each write would cost more the more blobs there are. From here on the
 * property that leaves the fewest comes first.
 */
export function useNarrowestIndexes(): void {
  const fromAzurite = createRequire(createRequire(import.meta.url).resolve("azurite/package.json"));
  const { prototype } = fromAzurite("lokijs").Collection as { prototype: Collection };
  const { findOne } = prototype;
  Object.assign(prototype, {
    findOne(this: Collection, query: Query) {
      return findOne.call(this, narrowestFirst(this, query));
    },
  });
}

function narrowestFirst(collection: Collection, query: Query): Query {
  const { narrowest } = Object.entries(query).reduce(
    (best: { narrowest?: string; count: number }, [property, value]) => {
      const count = countOf(collection, property, value);
      return count < best.count ? { narrowest: property, count } : best;
    },
    { count: Number.POSITIVE_INFINITY },
  );
  return narrowest === undefined ? query : { [narrowest]: query[narrowest], ...query };
}

/** How many documents have this value; infinite where no index tells. */
function countOf(collection: Collection, property: string, value: unknown): number {
  const isIndexed =
    collection.adaptiveBinaryIndices && Object.hasOwn(collection.binaryIndices, property);
  if (!isIndexed || typeof value !== "string") return Number.POSITIVE_INFINITY;
  const [first, last] = collection.calculateRange("$eq", property, value);
  return last - first + 1;
}
