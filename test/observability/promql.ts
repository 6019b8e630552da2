import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** Words of Grafana that stand for a duration, and that only it can fill in. */
const DURATION_WORD = /\$__(?:rate_interval|interval|range)\b/g;

/** A PromQL expression as a tree, over the text as it was written. */
export interface Expression {
  readonly text: string;
  readonly root: SyntaxNode;
  /** The text of a node as it was written. */
  readonly textOf: (node: SyntaxNode) => string;
}

/** A metric as an expression asks for it. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
  /** The range as written, such as `5m`; null for an instant. */
  readonly range: string | null;
  /** Functions and aggregations around it, from the inside outwards. */
  readonly within: readonly string[];
}

export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/**
 * Reads an expression; the durations of Grafana's own count as durations.
 * @throws Error that shows the place where it cannot be read
 */
export function readExpression(text: string): Expression {
  // A duration of the same length, so that places in the tree are places in the text.
  const readable = text.replace(DURATION_WORD, (word) => '1s'.padStart(word.length, '0'));
  const root = parser.parse(readable).topNode;
  for (const node of nodesOf(root)) {
    if (!node.type.isError) continue;
    throw new Error(`cannot be read at "${text.slice(Math.max(node.from - 20, 0), node.to + 10)}"`);
  }
  return { text, root, textOf: (node) => text.slice(node.from, node.to) };
}

/** Every node of a tree, outer ones first. */
export function nodesOf(root: SyntaxNode): SyntaxNode[] {
  const nodes: SyntaxNode[] = [];
  root.cursor().iterate(({ node }) => void nodes.push(node));
  return nodes;
}

/** The metrics that an expression asks for. */
export function selectorsOf(expression: Expression): Selector[] {
  return nodesOf(expression.root)
    .filter(({ name }) => name === 'VectorSelector')
    .map((node) => selectorAt(expression, node));
}

/** The ranges and steps of an expression as they were written; offsets are none of them. */
export function rangesOf({ root, textOf }: Expression): string[] {
  return nodesOf(root)
    .filter(({ name }) => name === 'DurationExpr')
    .map(textOf);
}

/** What one `VectorSelector` of the tree asks for. */
export function selectorAt({ textOf }: Expression, node: SyntaxNode): Selector {
  const matchers = (node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []).map(
    (matcher) => ({
      label: childText(textOf, matcher, 'LabelName'),
      operator: childText(textOf, matcher, 'MatchOp'),
      value: unquoted(childText(textOf, matcher, 'StringLiteral')),
    }),
  );
  const named = matchers.find(({ label, operator }) => label === '__name__' && operator === '=');
  return {
    metric: childText(textOf, node, 'Identifier') || (named?.value ?? ''),
    matchers: matchers.filter(({ label }) => label !== '__name__'),
    range: rangeOf(textOf, node),
    within: callersOf(textOf, node),
  };
}

/** The range of a selector or of the subquery around it, as it was written. */
function rangeOf(textOf: Expression['textOf'], node: SyntaxNode): string | null {
  let around = node.parent;
  while (around?.name === 'OffsetExpr' || around?.name === 'ParenExpr') around = around.parent;
  if (around?.name !== 'MatrixSelector' && around?.name !== 'SubqueryExpr') return null;
  return childText(textOf, around, 'DurationExpr');
}

function callersOf(textOf: Expression['textOf'], node: SyntaxNode): string[] {
  const callers: string[] = [];
  for (let at = node.parent; at !== null; at = at.parent) {
    const name = callName(textOf, at);
    if (name !== '') callers.push(name);
  }
  return callers;
}

/** The name of the function or aggregation that a node calls; empty for other nodes. */
export function callName(textOf: Expression['textOf'], node: SyntaxNode): string {
  if (node.name === 'FunctionCall') return childText(textOf, node, 'FunctionIdentifier');
  if (node.name === 'AggregateExpr') return childText(textOf, node, 'AggregateOp');
  return '';
}

/** The labels that a clause such as `by (…)` lists. */
export function groupingOf(textOf: Expression['textOf'], clause: SyntaxNode): string[] {
  const list = clause.getChild('GroupingLabels');
  return (list?.getChildren('LabelName') ?? []).map(textOf);
}

function childText(textOf: Expression['textOf'], node: SyntaxNode, kind: string): string {
  const child = node.getChild(kind);
  return child === null ? '' : textOf(child);
}

/** The value of a string of PromQL, which escapes as JSON does in all that labels need. */
export function unquoted(literal: string): string {
  if (literal.startsWith('"')) return JSON.parse(literal) as string;
  return literal.slice(1, -1);
}
