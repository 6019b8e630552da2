import type { SyntaxNode } from '@lezer/common';
import { callName, type Expression, groupingOf, selectorAt, unquoted } from './promql.ts';

/** The labels of a metric; those that every scraped series has among them. */
export type LabelsOfMetric = (metric: string) => readonly string[];

/** Aggregations whose result is whole series rather than groups. */
const KEEPING = ['topk', 'bottomk', 'limitk', 'limit_ratio'];

/** The labels that the series of a result may have: what a legend can name. */
export function resultLabels(expression: Expression, labelsOf: LabelsOfMetric): Set<string> {
  return labelsAt(expression, expression.root, labelsOf);
}

/** The labels that the series of one part of an expression may have. */
export function labelsAt(
  expression: Expression,
  node: SyntaxNode,
  labelsOf: LabelsOfMetric,
): Set<string> {
  const below = (child: SyntaxNode | null): Set<string> =>
    child === null ? new Set() : labelsAt(expression, child, labelsOf);
  switch (node.name) {
    case 'VectorSelector':
      return new Set(labelsOf(selectorAt(expression, node).metric));
    case 'AggregateExpr':
      return aggregated(expression, node, below);
    case 'BinaryExpr':
      return combined(expression, node, below);
    case 'FunctionCall':
      return called(expression, node, below);
    default:
      return union(childrenOf(node).map(below));
  }
}

type Below = (child: SyntaxNode | null) => Set<string>;

function aggregated({ textOf }: Expression, node: SyntaxNode, below: Below): Set<string> {
  const inner = below(node.getChild('FunctionCallBody'));
  const clause = node.getChild('AggregateModifier');
  const listed = clause === null ? [] : groupingOf(textOf, clause);
  if (clause?.getChild('Without')) return without(inner, listed);
  if (KEEPING.includes(callName(textOf, node))) return inner;
  const kept = new Set(listed.filter((label) => inner.has(label)));
  // What counts by value gives the value a label of its own.
  if (callName(textOf, node) === 'count_values') {
    const named = node.getChild('FunctionCallBody')?.getChild('StringLiteral');
    if (named) kept.add(unquoted(textOf(named)));
  }
  return kept;
}

function combined({ textOf }: Expression, node: SyntaxNode, below: Below): Set<string> {
  const operands = childrenOf(node).filter(isOperand);
  const [left, right] = [below(operands[0] ?? null), below(operands[1] ?? null)];
  if (node.getChild('Or')) return union([left, right]);
  if (node.getChild('And') || node.getChild('Unless')) return left;
  const clause = node.getChild('MatchingModifierClause');
  if (clause === null) return isScalar(textOf, operands[0]) ? right : left;
  const lists = clause.getChildren('GroupingLabels').map((list) => list.getChildren('LabelName'));
  const [matched = [], taken = []] = lists.map((names) => names.map(textOf));
  if (clause.getChild('GroupLeft')) return union([left, new Set(taken)]);
  if (clause.getChild('GroupRight')) return union([right, new Set(taken)]);
  return clause.getChild('On')
    ? new Set(matched.filter((label) => left.has(label)))
    : without(left, matched);
}

function called(expression: Expression, node: SyntaxNode, below: Below): Set<string> {
  const { textOf } = expression;
  const body = node.getChild('FunctionCallBody');
  const labels = below(body);
  const words = (body?.getChildren('StringLiteral') ?? []).map((word) => unquoted(textOf(word)));
  switch (callName(textOf, node)) {
    case 'histogram_quantile':
      return without(labels, ['le']);
    case 'label_replace':
    case 'label_join':
      return union([labels, new Set(words.slice(0, 1))]);
    case 'scalar':
    case 'vector':
    case 'absent':
      return new Set();
    default:
      return labels;
  }
}

/** Whether a node is a plain number, which takes the labels of what it is combined with. */
function isScalar(textOf: Expression['textOf'], node: SyntaxNode | undefined): boolean {
  if (node === undefined) return false;
  if (node.name === 'NumberDurationLiteral') return true;
  if (node.name === 'FunctionCall')
    return ['time', 'scalar', 'pi'].includes(callName(textOf, node));
  const operands = childrenOf(node).filter(isOperand);
  return (
    /^(Paren|Unary|Binary)Expr$/.test(node.name) && operands.every((each) => isScalar(textOf, each))
  );
}

/** What is no operator and no clause. */
function isOperand({ name }: SyntaxNode): boolean {
  return /(Expr|Call|Selector|Literal)$/.test(name);
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

function union(sets: readonly Set<string>[]): Set<string> {
  return new Set(sets.flatMap((set) => [...set]));
}

function without(set: Set<string>, labels: readonly string[]): Set<string> {
  return new Set([...set].filter((label) => !labels.includes(label)));
}
