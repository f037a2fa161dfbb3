/** Where two bodies differ; `ours` or `recorded` is undefined where one of them has nothing. */
export interface Difference {
  /** As in `batchDataInput.dataUri`; empty for the whole body. */
  readonly path: string;
  readonly ours: unknown;
  readonly recorded: unknown;
}

/** What every run has of its own: its names are compared by being there. */
const OWN = new Set(["sessionId", "flowLineageId", "runtimeName", "runExperimentName"]);

/** Method, path and query by which a request finds its recording. */
export function keyOf(method: string, path: string): string {
  const { pathname, searchParams } = new URL(path, "http://local");
  searchParams.delete("api-version");
  searchParams.sort();
  const query = searchParams.size === 0 ? "" : `?${searchParams}`;
  return `${method} ${withoutHashes(decodeURIComponent(pathname)).toLowerCase()}${query}`;
}

/** Headers that decide what storage does with a blob. */
const OF_BLOBS = /^(x-ms-blob-|x-ms-meta-|if-none-match$|content-md5$)/;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Headers of a blob's request, one by one; a name is compared by being there. */
export function headerDifferences(ours: Headers, recorded: Headers): Difference[] {
  const kept = (headers: Headers) =>
    Object.fromEntries(
      Object.entries(headers)
        .filter(([name]) => OF_BLOBS.test(name))
        .map(([name, value]) => [name, name === "x-ms-meta-name" ? "(own)" : value]),
    );
  return differences(kept(ours), kept(recorded));
}

/** Field by field, where what differs from run to run counts as equal. */
export function differences(ours: unknown, recorded: unknown, path = ""): Difference[] {
  if (isMapping(ours) && isMapping(recorded)) {
    const names = [...new Set([...Object.keys(ours), ...Object.keys(recorded)])].toSorted();
    return names.flatMap((name) => {
      const inner = path === "" ? name : `${path}.${name}`;
      return differences(masked(name, ours[name]), masked(name, recorded[name]), inner);
    });
  }
  const isSame = JSON.stringify(plain(ours)) === JSON.stringify(plain(recorded));
  return isSame ? [] : [{ path, ours, recorded }];
}

function masked(name: string, value: unknown): unknown {
  return OWN.has(name) && typeof value === "string" ? "(own)" : value;
}

/** An empty map says no more than none. */
function plain(value: unknown): unknown {
  if (isMapping(value) && Object.keys(value).length === 0) return undefined;
  return typeof value === "string" ? withoutHashes(value) : value;
}

function withoutHashes(text: string): string {
  return text.replace(/\b(LocalUpload|az-ml-artifacts)\/[0-9a-f]{32,64}\//gi, "$1/(hash)/");
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
