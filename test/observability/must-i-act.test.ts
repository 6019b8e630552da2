import { expect, test } from '@jest/globals';
import { DASHBOARDS } from '#grafana/dashboards/catalogue.ts';
import { asWritten, type PanelModel, panelsOf } from './dashboard-model.ts';
import { readExpression, selectorsOf } from './promql.ts';
import { ALERT_RULES, RECORDING_RULES } from './rule-files.ts';

/** The number of "Must I act?" → the alert that goes with its colour. */
const ALERT_OF: Readonly<Record<string, string>> = {
  'Blocked pixels': 'CapiLaneBlocked',
  'Lost in 24 h': 'CapiDeadLettersExpiring',
  'Ledger gap': 'CapiLedgerImbalance',
  'Not answering': 'CapiProcessDown',
  'Old settings': 'CapiConfigurationRefused',
  'Blind collectors': 'CapiCollectorFailing',
  'Redis memory': 'CapiRedisMemoryHigh',
  'Critical issues': 'CapiMetaDiagnosticCritical',
  'Pixels Meta says nothing of': 'CapiMetaQualityUnknown',
};

/** What alerts of a severity are coloured with. */
const COLOUR_OF: Readonly<Record<string, string>> = { critical: 'red', warning: 'orange' };

/** These count alerts themselves. */
const ALERTS_THEMSELVES: Readonly<Record<string, string>> = {
  'Act now': 'critical',
  'Act soon': 'warning',
};

const firstRows = DASHBOARDS.map(asWritten).map(
  (dashboard) =>
    [dashboard.uid, panelsOf(dashboard).filter(({ type }) => type === 'stat')] as const,
);

function stepsOf({ fieldConfig }: PanelModel): { color: string; value: number | null }[] {
  return fieldConfig?.defaults?.thresholds?.steps ?? [];
}

/** The metrics that a query or a rule reads, those of recording rules by what they are made of. */
function metricsOf(expr: string): string[] {
  return selectorsOf(readExpression(expr)).flatMap(({ metric }) => {
    const rules = RECORDING_RULES.filter(({ record }) => record === metric);
    return rules.length === 0 ? [metric] : rules.flatMap((rule) => metricsOf(rule.expr));
  });
}

test.each(firstRows)('%s colours only what an alert goes with', (_, panels) => {
  for (const panel of panels) {
    const colours = stepsOf(panel).map(({ color }) => color);
    const counted = ALERTS_THEMSELVES[panel.title];
    const alert = ALERT_RULES.find((rule) => rule.alert === ALERT_OF[panel.title]);
    const severity = counted ?? alert?.labels['severity'];
    const expected = severity === undefined ? ['text'] : ['green', COLOUR_OF[severity]];
    expect([panel.title, colours]).toEqual([panel.title, expected]);
    if (alert === undefined) continue;
    const read = panel.targets?.flatMap(({ expr }) => metricsOf(expr)) ?? [];
    expect([panel.title, metricsOf(alert.expr).some((each) => read.includes(each))]).toEqual([
      panel.title,
      true,
    ]);
  }
});

test('every alert that a number goes with is on a dashboard', () => {
  const titles = new Set(firstRows.flatMap(([, panels]) => panels.map(({ title }) => title)));
  const named = [...Object.keys(ALERT_OF), ...Object.keys(ALERTS_THEMSELVES)];
  expect(named.filter((title) => !titles.has(title))).toEqual([]);
});

test('a number is coloured from where its alert fires', () => {
  const from = (title: string) =>
    firstRows.flatMap(([, panels]) => panels).find((panel) => panel.title === title);
  const memory = from('Redis memory');
  const rule = ALERT_RULES.find(({ alert }) => alert === 'CapiRedisMemoryHigh');
  const limit = Number(/> ([\d.]+)\s*$/.exec(rule?.expr ?? '')?.[1]);
  expect(memory === undefined ? [] : stepsOf(memory).at(-1)).toMatchObject({ value: limit });
});
