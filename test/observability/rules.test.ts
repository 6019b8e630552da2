import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { prometheusPrograms } from '#local/prometheus.ts';
import { ALERT_CASES, type AlertCase } from './alert-cases.ts';
import { expressionFaults, type KnownMetrics } from './expression-faults.ts';
import { knownMetrics } from './known-metrics.ts';
import { readExpression, selectorsOf } from './promql.ts';
import { ALERT_RULES, GROUPS, type Group, RECORDING_RULES, RULE_FILES } from './rule-files.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const RUNBOOKS = readFileSync(join(ROOT, 'docs/runbooks.md'), 'utf8');
const RUNBOOK_PARTS = ['Meaning', 'Impact', 'Diagnosis', 'Mitigation', 'Tested'];
const BOARDS = join(ROOT, 'deploy/grafana/dashboards/json');

let known: KnownMetrics;
beforeAll(async () => {
  known = await knownMetrics();
});

async function promtool(...args: string[]): Promise<string> {
  const { promtool: program } = await prometheusPrograms((line) => {
    process.stderr.write(`${line}\n`);
  });
  try {
    return (await run(program, args)).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${stdout}${stderr}`);
  }
}

test('promtool has nothing against the rules', async () => {
  await promtool('check', 'rules', '--lint=all', '--lint-fatal', ...RULE_FILES);
});

describe('every expression asks for what is declared', () => {
  test.each([...RECORDING_RULES, ...ALERT_RULES].map((rule) => [nameOf(rule), rule.expr]))(
    '%s',
    (_, expr) => {
      expect(expressionFaults(expr, known)).toEqual([]);
    },
  );
});

function nameOf(rule: { record: string } | { alert: string }): string {
  return 'record' in rule ? rule.record : rule.alert;
}

describe('every alert', () => {
  test.each(ALERT_RULES.map((rule) => [rule.alert, rule] as const))(
    '%s is complete',
    (name, rule) => {
      const { summary, description = '', runbook_url, dashboard_url = '' } = rule.annotations;
      expect(name).toMatch(/^Capi([A-Z][a-z]+)+$/);
      expect(['critical', 'warning']).toContain(rule.labels['severity']);
      expect(summary).toMatch(/^[A-Z]/);
      expect(description).toContain('$value');
      expect(runbook_url).toBe(`{{ $externalLabels.runbooks }}#${name.toLowerCase()}`);
      const section = RUNBOOKS.split(/^## /m).find((part) => part.startsWith(`${name}\n`)) ?? '';
      for (const part of RUNBOOK_PARTS) expect(section).toContain(`**${part}.**`);
      expect(dashboardFaults(dashboard_url)).toEqual([]);
    },
  );

  test.each(ALERT_RULES.map((rule) => [rule.alert, rule.expr]))(
    '%s misses nothing when a scrape is missed',
    (_, expr) => {
      const bare = selectorsOf(readExpression(expr)).filter(
        ({ metric, range }) => known.get(metric)?.kind === 'gauge' && range === null,
      );
      // Recorded series are made by Prometheus itself, and what is absent cannot be missed.
      const missed = bare.filter(
        ({ metric, within }) =>
          !metric.includes(':') &&
          !within.some((call) => call === 'absent' || call.endsWith('_over_time')),
      );
      expect(missed.map(({ metric }) => metric)).toEqual([]);
    },
  );
});

function dashboardFaults(url: string): string[] {
  const [, uid = '', query = ''] =
    /^\{\{ \$externalLabels\.grafana \}\}\/d\/([\w-]+)(?:\?(.*))?$/.exec(url) ?? [];
  if (!readdirSync(BOARDS).includes(`${uid}.json`)) return [`there is no dashboard at ${url}`];
  const board = JSON.parse(readFileSync(join(BOARDS, `${uid}.json`), 'utf8')) as {
    templating: { list: { name: string }[] };
  };
  const variables = board.templating.list.map(({ name }) => `var-${name}`);
  const asked = query === '' ? [] : query.split('&').map((pair) => pair.split('=')[0] ?? '');
  return asked.filter((name) => !variables.includes(name));
}

test('every query of the runbooks asks for what is declared', () => {
  const blocks = [...RUNBOOKS.matchAll(/^```promql\n(.*?)\n```$/gms)].map(
    ([, block = '']) => block,
  );
  const queries = blocks.flatMap((block) => block.split('\n'));
  expect(queries.length).toBeGreaterThan(ALERT_RULES.length);
  expect(queries.flatMap((query) => expressionFaults(query, known))).toEqual([]);
});

describe('alerts on made-up histories', () => {
  test('every one has its cases, and no other', () => {
    expect(Object.keys(ALERT_CASES)).toEqual(ALERT_RULES.map(({ alert }) => alert));
  });

  const steps = [...new Set(Object.values(ALERT_CASES).map(({ step = 1 }) => step))];

  test.each(steps)('each fires when it should, and only then, by steps of %i min', async (step) => {
    const tests = casesOf(step).map(([alert, at]) => ({
      groups: groupsFor(alert),
      every: step,
      tests: [history(alert, at, 'fires'), history(alert, at, 'silent')],
    }));
    await testRules(tests);
  });

  // At fewer moments, because every rule is evaluated on what was made up for any of them.
  test.each(steps)('no rule fails on any of them, by steps of %i min', async (step) => {
    const histories = casesOf(step).flatMap(([alert, at]) => [
      { ...history(alert, at, 'fires'), promql_expr_test: [evaluated(at)] },
      { ...history(alert, at, 'silent'), promql_expr_test: [evaluated(at)] },
    ]);
    expect(histories).not.toEqual([]);
    await testRules([{ groups: GROUPS, every: step * 10, tests: histories }]);
  });
});

describe('of the budget of 30 days', () => {
  const BUDGETS = ['delivery', 'freshness'] as const;
  const [good, bad] = [
    { delivery: 'outcome="delivered"', freshness: 'age="in_time"' },
    { delivery: 'outcome="dead"', freshness: 'age="late"' },
  ];
  const name = { delivery: 'capi_worker_events_total', freshness: 'capi_worker_deliveries_total' };

  // Of 10,000 events, 10 may die and 100 may be late.
  test.each([
    ['all is left while nothing fails', { delivery: 0, freshness: 0 }, 1],
    ['half is left when half of what may fail fails', { delivery: 5, freshness: 50 }, 0.5],
    ['less than nothing is left when twice of it fails', { delivery: 20, freshness: 200 }, -1],
  ])('%s', async (_, failing, left) => {
    const input_series = BUDGETS.flatMap((budget) => [
      {
        series: `${name[budget]}{pixel="1",${good[budget]}}`,
        values: `0+${10_000 - failing[budget]}x200`,
      },
      { series: `${name[budget]}{pixel="1",${bad[budget]}}`, values: `0+${failing[budget]}x200` },
      // A pixel without events has no budget, rather than one that is not a number.
      { series: `${name[budget]}{pixel="2",${good[budget]}}`, values: '0x200' },
    ]);
    const promql_expr_test = BUDGETS.map((budget) => ({
      // Rounded, because rates are.
      expr: `round(pixel:capi_${budget}_budget:left30d, 0.001)`,
      eval_time: '195m',
      exp_samples: [{ labels: '{pixel="1"}', value: left }],
    }));
    const groups = GROUPS.filter((group) => group.name === 'capi-relay.budgets');
    expect(groups).toHaveLength(1);
    await testRules([
      { groups, every: 5, tests: [{ interval: '1m', input_series, promql_expr_test }] },
    ]);
  });
});

function casesOf(step: number): [string, AlertCase][] {
  return Object.entries(ALERT_CASES).filter(([, { step: its = 1 }]) => its === step);
}

/** The groups with an alert and with all that is recorded for it, and nothing else. */
function groupsFor(alert: string): Group[] {
  const needed = new Set([alert]);
  // A rule that is recorded for another one comes before it.
  for (const rule of [...RECORDING_RULES, ...ALERT_RULES].reverse()) {
    if (!needed.has(nameOf(rule))) continue;
    for (const { metric } of selectorsOf(readExpression(rule.expr))) needed.add(metric);
  }
  return GROUPS.map((group) => ({
    ...group,
    rules: group.rules.filter((rule) => needed.has(nameOf(rule))),
  })).filter(({ rules }) => rules.length > 0);
}

interface RuleTests {
  readonly groups: readonly Group[];
  /** Minutes from one evaluation to the next. */
  readonly every: number;
  readonly tests: readonly object[];
}

/** Has promtool evaluate rules on histories. */
async function testRules(all: readonly RuleTests[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-rules-'));
  try {
    const files = all.map(async ({ groups, every, tests }, index) => {
      const rules = join(folder, `rules-${index}.yaml`);
      const file = join(folder, `tests-${index}.yaml`);
      await writeFile(rules, stringify({ groups }));
      const head = { rule_files: [rules], group_eval_order: groups.map(({ name }) => name) };
      await writeFile(file, stringify({ ...head, evaluation_interval: `${every}m`, tests }));
      return file;
    });
    await promtool('test', 'rules', ...(await Promise.all(files)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Has the rules evaluated until the end of a history. */
function evaluated({ after, step = 1 }: AlertCase): object {
  return {
    expr: 'vector(1)',
    eval_time: `${after * step}m`,
    exp_samples: [{ labels: '{}', value: 1 }],
  };
}

function history(alert: string, at: AlertCase, how: 'fires' | 'silent'): object {
  const { after, step = 1 } = at;
  return {
    name: `${alert} ${how}`,
    interval: `${step}m`,
    input_series: Object.entries(at[how]).map(([series, values]) => ({ series, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}", alertstate="firing"})`,
        eval_time: `${after * step}m`,
        exp_samples: how === 'fires' ? [{ labels: '{}', value: 1 }] : [],
      },
    ],
  };
}
