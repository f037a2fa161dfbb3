const TOKEN =
  /\s*(?:([[\]{}(),:])|(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(True|False|None)|'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)")/giy;
const CONSTANTS: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

type Token = { readonly mark: string } | { readonly value: unknown };

/** Lists, dicts, strings, numbers and constants as Python writes them. Throws SyntaxError. */
export function parsePythonLiteral(text: string): unknown {
  const tokens = readTokens(text.trim());
  let at = 0;
  const take = (): Token => {
    const token = tokens[at];
    at += 1;
    if (!token) throw new SyntaxError("unexpected end");
    return token;
  };
  const isNext = (mark: string) => {
    const token = tokens[at];
    return token !== undefined && "mark" in token && token.mark === mark;
  };
  const readItems = (close: string, readItem: () => void) => {
    while (!isNext(close)) {
      readItem();
      if (isNext(",")) take();
      else if (!isNext(close)) throw new SyntaxError(`expected ',' or '${close}'`);
    }
    take();
  };
  const readValue = (): unknown => {
    const token = take();
    if ("value" in token) return token.value;
    if (token.mark === "{") {
      const dict: Record<string, unknown> = {};
      readItems("}", () => {
        const key = String(readValue());
        if (!isNext(":")) throw new SyntaxError("expected ':'");
        take();
        dict[key] = readValue();
      });
      return dict;
    }
    if (token.mark !== "[" && token.mark !== "(")
      throw new SyntaxError(`unexpected '${token.mark}'`);
    const list: unknown[] = [];
    readItems(token.mark === "[" ? "]" : ")", () => list.push(readValue()));
    return list;
  };
  const value = readValue();
  if (at < tokens.length) throw new SyntaxError("unexpected text after the value");
  return value;
}

function readTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new SyntaxError(`unexpected text at '${text.slice(at, at + 20)}'`);
    tokens.push(toToken(match));
  }
  return tokens;
}

function toToken([, mark, number, constant, single, double]: RegExpExecArray): Token {
  if (mark !== undefined) return { mark };
  if (number !== undefined) return { value: Number(number) };
  if (constant !== undefined) return { value: CONSTANTS[constant] };
  const raw = single ?? double ?? "";
  return { value: raw.replace(/\\(.)/gs, (_all, char: string) => ESCAPES[char] ?? char) };
}
