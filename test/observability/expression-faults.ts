import type { SyntaxNode } from '@lezer/common';
import type { KnownMetric } from './known-metrics.ts';
import {
  callName,
  type Expression,
  groupingOf,
  type Matcher,
  nodesOf,
  readExpression,
  type Selector,
  selectorsOf,
} from './promql.ts';
import { labelsAt } from './result-labels.ts';

export type KnownMetrics = ReadonlyMap<string, KnownMetric>;

/** What makes something of a counter; all else shows how long a process has run. */
const OF_COUNTERS = ['rate', 'increase', 'irate', 'resets'];
/** What asks only whether there is a series. */
const OF_PRESENCE = ['absent', 'absent_over_time', 'present_over_time', 'timestamp'];

/** What is wrong with an expression, whoever asks it: a panel or a rule. Nothing is right. */
export function expressionFaults(text: string, known: KnownMetrics): string[] {
  let expression: Expression;
  try {
    expression = readExpression(text);
  } catch (error) {
    return [(error as Error).message];
  }
  const selectors = selectorsOf(expression);
  const unknown = selectors.filter(({ metric }) => !known.has(metric));
  if (unknown.length > 0) return unknown.map(({ metric }) => `there is no metric "${metric}"`);
  return [
    ...selectors.flatMap((selector) => selectorFaults(selector, known)),
    ...nodesOf(expression.root).flatMap((node) => groupingFaults(expression, node, known)),
  ];
}

function selectorFaults(selector: Selector, known: KnownMetrics): string[] {
  const metric = known.get(selector.metric);
  if (metric === undefined) return [];
  const of = `"${selector.metric}"`;
  const [caller = ''] = selector.within;
  const faults = selector.matchers.flatMap((matcher) => matcherFaults(matcher, metric, of));
  const counts = metric.kind === 'counter';
  if (counts && ![...OF_COUNTERS, ...OF_PRESENCE].includes(caller)) {
    faults.push(`${of} is a counter, and needs rate or increase`);
  }
  if (!counts && OF_COUNTERS.includes(caller)) faults.push(`${of} is a gauge, not for ${caller}`);
  return faults;
}

function matcherFaults(matcher: Matcher, metric: KnownMetric, of: string): string[] {
  const { label, operator, value } = matcher;
  if (!metric.labels.has(label)) return [`${of} has no label "${label}"`];
  if (label === 'le' && !operator.includes('~') && value !== '+Inf') {
    return [`le="${value}" is written "${value}.0" by newer servers: match both`];
  }
  const values = metric.labels.get(label) ?? null;
  if (values === null || value.includes('$')) return [];
  const pattern = operator.includes('~') ? value.split('|') : [value];
  const unmet = pattern.filter((each) => !values.some((one) => matches(one, each, operator)));
  return unmet.map((each) => `${of} has no ${label} "${each}"`);
}

function matches(value: string, wanted: string, operator: string): boolean {
  return operator.includes('~') ? new RegExp(`^(?:${wanted})$`).test(value) : value === wanted;
}

/** Labels that are grouped or matched by, and that nothing below them has. */
function groupingFaults(expression: Expression, node: SyntaxNode, known: KnownMetrics): string[] {
  const { textOf } = expression;
  const labelsOf = (metric: string) => [...(known.get(metric)?.labels.keys() ?? [])];
  const below = (at: SyntaxNode | null) =>
    at === null ? new Set<string>() : labelsAt(expression, at, labelsOf);
  if (node.name === 'AggregateModifier') {
    const inner = below(node.parent?.getChild('FunctionCallBody') ?? null);
    const missing = groupingOf(textOf, node).filter((label) => !inner.has(label));
    return missing.map((label) => `groups by "${label}", which nothing below it has`);
  }
  if (callName(textOf, node) === 'histogram_quantile') {
    const inner = below(node.getChild('FunctionCallBody'));
    return inner.has('le') ? [] : ['histogram_quantile needs the label le'];
  }
  return [];
}
