import type { JinjaNode } from "./jinja-syntax.ts";

/** Names that a template reads, without those that a loop or a `set` of its own gives it. */
export function templateVariables(nodes: readonly JinjaNode[]): ReadonlySet<string> {
  const read = new Set<string>();
  const own = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const item of node) visit(item);
    else if (node instanceof Map) for (const [key, item] of node) visit([key, item]);
    else if (typeof node === "object" && node !== null) visitNode(node as JinjaNode);
  };
  const visitNode = (node: JinjaNode): void => {
    switch (node.type) {
      case "Identifier":
        read.add(node.value);
        return;
      case "MemberExpression":
        visit(node.computed ? [node.object, node.property] : node.object);
        return;
      case "KeywordArgumentExpression":
        visit(node.value);
        return;
      case "FilterExpression":
        visit(node.operand);
        visit(node.filter.type === "CallExpression" ? node.filter.args : []);
        return;
      case "TestExpression":
        visit(node.operand);
        return;
      case "For":
        for (const name of templateVariables([node.loopvar])) own.add(name);
        break;
      case "Set":
        for (const name of templateVariables([node.assignee])) own.add(name);
        break;
      default:
        break;
    }
    visit(Object.values(node));
  };
  visit(nodes);
  return new Set([...read].filter((name) => !own.has(name)));
}
