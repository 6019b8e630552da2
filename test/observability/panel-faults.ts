import { isOverAll } from '#grafana/dashboards/signal.ts';
import type { PanelModel, Target } from './dashboard-model.ts';
import { expressionFaults, type KnownMetrics } from './expression-faults.ts';
import { rangesOf, readExpression, selectorsOf } from './promql.ts';
import { resultLabels } from './result-labels.ts';

/** Types that Grafana's published packages can draw, so that a preview shows what Grafana shows. */
const TYPES = ['stat', 'timeseries', 'bargauge', 'table'];
const LONGEST_DESCRIPTION = 200;
const RANGES = ['$__rate_interval', '$__range'];

/** What is wrong with a panel by itself; nothing is right. */
export function panelFaults(panel: PanelModel, known: KnownMetrics): string[] {
  const { type, title, description = '', datasource, fieldConfig, targets = [] } = panel;
  const refIds = targets.map(({ refId }) => refId);
  return [
    ...(TYPES.includes(type) ? [] : [`its type "${type}" cannot be previewed`]),
    ...(title === '' ? ['has no title'] : []),
    ...(description === '' ? ['has no description'] : []),
    ...(description.length <= LONGEST_DESCRIPTION ? [] : ['its description is too long']),
    ...(fieldConfig?.defaults?.unit ? [] : ['has no unit']),
    ...(datasource?.uid === '$datasource' ? [] : ['does not use the chosen datasource']),
    ...(targets.length > 0 ? [] : ['asks nothing']),
    ...(new Set(refIds).size === refIds.length ? [] : ['has a refId twice']),
    ...targets.flatMap((target) =>
      targetFaults(panel, target, known).map((fault) => `${target.refId}: ${fault}`),
    ),
  ];
}

function targetFaults(panel: PanelModel, target: Target, known: KnownMetrics): string[] {
  const faults = expressionFaults(target.expr, known);
  if (faults.length > 0) return faults;
  const expression = readExpression(target.expr);
  const labelsOf = (metric: string) => [...(known.get(metric)?.labels.keys() ?? [])];
  const labels = resultLabels(expression, labelsOf);
  const hard = rangesOf(expression).filter((range) => !RANGES.includes(range));
  const overAll = isOverAll(target.expr);
  return [
    ...hard.map((range) => `its range ${range} is the same whatever the dashboard shows`),
    ...selectorsOf(expression).flatMap(({ metric, matchers }) =>
      choiceFaults(
        metric,
        matchers.map(({ label, value }) => `${label} ${value}`),
        known,
      ),
    ),
    ...(overAll && !target.instant ? ['is asked over all the time at each moment of it'] : []),
    ...(panel.type === 'table' ? rowFaults(panel, labels) : legendFaults(target, labels)),
  ];
}

/** Every metric of ours follows what is chosen at the top. */
function choiceFaults(metric: string, matched: readonly string[], known: KnownMetrics): string[] {
  if (metric.startsWith('ALERTS')) return [];
  const recorded = metric.includes(':');
  const choices = recorded ? [] : ['job', 'instance'];
  const ours = recorded || metric.startsWith('capi_');
  if (ours && known.get(metric)?.labels.has('pixel')) choices.push('pixel');
  const ignored = choices.filter((choice) => !matched.includes(`${choice} $${choice}`));
  return ignored.map((choice) => `"${metric}" ignores the chosen ${choice}`);
}

function legendFaults({ legendFormat = '' }: Target, labels: ReadonlySet<string>): string[] {
  if (legendFormat === '') return ['has no legend'];
  const named = [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label);
  const missing = named.filter((label) => !labels.has(label));
  const shown = new Set(named);
  const hidden = [...labels].filter((label) => !shown.has(label));
  return [
    ...missing.map((label) => `its legend names "${label}", which the result does not have`),
    ...hidden.map((label) => `its legend hides "${label}", which tells the series apart`),
  ];
}

/** Every column of a table has the label that tells its rows apart, and no second of its own. */
function rowFaults({ transformations = [] }: PanelModel, labels: ReadonlySet<string>): string[] {
  const join = transformations.find(({ id }) => id === 'joinByField');
  const { byField = '' } = (join?.options ?? {}) as { byField?: string };
  return labels.has(byField) ? [] : [`has no "${byField}" for the rows of the table`];
}
