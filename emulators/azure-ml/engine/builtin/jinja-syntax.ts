import { parse, tokenize } from "@huggingface/jinja";

/** The tree of a template, as the parser gives it. */
export type JinjaNode =
  | { type: "If"; test: JinjaNode; body: JinjaNode[]; alternate: JinjaNode[] }
  | {
      type: "For";
      loopvar: JinjaNode;
      iterable: JinjaNode;
      body: JinjaNode[];
      defaultBlock: JinjaNode[];
    }
  | { type: "Break" | "Continue" | "Comment" }
  | { type: "Set"; assignee: JinjaNode; value: JinjaNode | null; body: JinjaNode[] }
  | { type: "Macro"; name: Identifier; args: JinjaNode[]; body: JinjaNode[] }
  | { type: "MemberExpression"; object: JinjaNode; property: JinjaNode; computed: boolean }
  | Call
  | Identifier
  | { type: "IntegerLiteral"; value: number }
  | { type: "FloatLiteral"; value: number }
  | { type: "StringLiteral"; value: string }
  | { type: "ArrayLiteral" | "TupleLiteral"; value: JinjaNode[] }
  | { type: "ObjectLiteral"; value: Map<JinjaNode, JinjaNode> }
  | { type: "BinaryExpression"; operator: { value: string }; left: JinjaNode; right: JinjaNode }
  | { type: "FilterExpression"; operand: JinjaNode; filter: Identifier | Call }
  | { type: "FilterStatement"; filter: Identifier | Call; body: JinjaNode[] }
  | { type: "SelectExpression"; lhs: JinjaNode; test: JinjaNode }
  | { type: "TestExpression"; operand: JinjaNode; negate: boolean; test: Identifier }
  | { type: "UnaryExpression"; operator: { value: string }; argument: JinjaNode }
  | { type: "SliceExpression"; start?: JinjaNode; stop?: JinjaNode; step?: JinjaNode }
  | { type: "KeywordArgumentExpression"; key: Identifier; value: JinjaNode }
  | { type: "Ternary"; condition: JinjaNode; trueExpr: JinjaNode; falseExpr: JinjaNode };

export interface Identifier {
  type: "Identifier";
  value: string;
}

export interface Call {
  type: "CallExpression";
  callee: JinjaNode;
  args: JinjaNode[];
}

/** The statements of a template under `trim_blocks` and `keep_trailing_newline`. Throws SyntaxError. */
export function parseTemplate(source: string): readonly JinjaNode[] {
  const trimmed = quoteRaw(source)
    .replaceAll("\r\n", "\n")
    .replace(/([%#]\})\n/g, "$1");
  // The tokenizer drops one final newline.
  const kept = trimmed.endsWith("\n") ? `${trimmed}\n` : trimmed;
  try {
    const program = parse(tokenize(kept)) as unknown as { body: JinjaNode[] };
    return program.body;
  } catch (error) {
    // The parser runs over the end of a template whose last block is open.
    const isOpen = error instanceof TypeError;
    const reason = error instanceof Error && !isOpen ? error.message : UNEXPECTED_END;
    throw new SyntaxError(reason, { cause: error });
  }
}

const UNEXPECTED_END =
  "unexpected end of template. A block or an expression is not closed, e.g. by {% endif %} or }}";

const RAW = /\{%[-+]?\s*raw\s*(-?)%\}([\s\S]*?)\{%(-?)\s*endraw\s*([-+]?)%\}/g;

/** The parser knows no raw blocks: their text becomes a string literal. */
function quoteRaw(source: string): string {
  return source.replace(RAW, (_all, left: string, text: string, right: string, after: string) => {
    const start = left === "-" ? text.trimStart() : text.replace(/^\n/, "");
    const inner = right === "-" ? start.trimEnd() : start;
    const literal = inner.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
    return `{{ "${literal}" ${after === "-" ? "-" : ""}}}`;
  });
}
