const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\r": "&#13;",
  "\t": "&#9;",
};

/** Text of others inside an attribute or an element; what XML 1.0 cannot hold at all becomes U+FFFD. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replace(/[&<>"\n\r\t]/g, (sign) => ESCAPES[sign] ?? sign);
}

type Attributes = Readonly<Record<string, string | number>>;

/** An element on lines of its own; without children it closes itself. */
export function element(
  name: string,
  attributes: Attributes,
  children: readonly string[] = [],
): string {
  const said = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(`${value}`)}"`);
  const open = `<${name}${said.join("")}`;
  if (children.length === 0) return `${open}/>`;
  return [`${open}>`, ...children.map(indented), `</${name}>`].join("\n");
}

function indented(lines: string): string {
  return lines.replace(/^/gm, "  ");
}
