/** Source: CloudEvents 1.0.2, JSON event format. */
export type CloudEvent = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly specversion: "1.0";
};

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;
const ABSOLUTE_URI = /^[a-z][a-z0-9+.-]*:\S+$/i;
const ATTRIBUTE_NAME = /^[a-z0-9]{1,20}$/;
const REQUIRED = ["id", "source", "specversion", "type"] as const;
const OPTIONAL_TEXT = ["datacontenttype", "dataschema", "subject", "time", "data_base64"] as const;
const KNOWN: ReadonlySet<string> = new Set([...REQUIRED, ...OPTIONAL_TEXT, "data"]);

/** What keeps this from being a CloudEvent, in a sentence; undefined when it is one. */
export function problemOf(event: unknown): string | undefined {
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    return "The event is not a JSON object.";
  }
  const attributes = event as Readonly<Record<string, unknown>>;
  const missing = REQUIRED.find((name) => !isText(attributes[name]));
  if (missing) return `The required attribute '${missing}' is missing or not a non-empty string.`;
  if (attributes.specversion !== "1.0") return "The attribute 'specversion' is not '1.0'.";
  const wrong = OPTIONAL_TEXT.find(
    (name) => isGiven(attributes[name]) && !isText(attributes[name]),
  );
  if (wrong) return `The attribute '${wrong}' is not a non-empty string.`;
  return problemOfFormats(attributes) ?? problemOfExtensions(attributes);
}

function problemOfFormats(attributes: Readonly<Record<string, unknown>>): string | undefined {
  const { time, dataschema } = attributes;
  if (isText(time) && !(TIMESTAMP.test(time) && Number.isFinite(Date.parse(time)))) {
    return "The attribute 'time' is not an RFC 3339 timestamp.";
  }
  if (isText(dataschema) && !ABSOLUTE_URI.test(dataschema)) {
    return "The attribute 'dataschema' is not an absolute URI.";
  }
  if (isGiven(attributes.data) && isGiven(attributes.data_base64)) {
    return "An event has either 'data' or 'data_base64'.";
  }
  return undefined;
}

function problemOfExtensions(attributes: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, value] of Object.entries(attributes)) {
    if (KNOWN.has(name)) continue;
    if (!ATTRIBUTE_NAME.test(name)) {
      return `The extension attribute '${name}' has to be 1 to 20 lower-case letters or digits.`;
    }
    const scalar = ["string", "boolean"].includes(typeof value) || Number.isInteger(value);
    if (!scalar) {
      return `The extension attribute '${name}' is not a string, an integer or a boolean.`;
    }
  }
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
