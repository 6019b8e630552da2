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
import {
  ALERT_RULES,
  GROUPS,
  type Group,
  labelsOfRecord,
  RECORDING_RULES,
  RULE_FILES,
} from './rule-files.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const RUNBOOKS = readFileSync(join(ROOT, 'docs/runbooks.md'), 'utf8');
const RUNBOOK_PARTS = ['Meaning', 'Impact', 'Diagnosis', 'Mitigation', 'Tested'];
const BOARDS = join(ROOT, 'deploy/grafana/dashboards/json');

let known: KnownMetrics;
beforeAll(async () => {
  const recorded = RECORDING_RULES.map((rule) => {
    const labels = new Map(labelsOfRecord(rule).map((label) => [label, null]));
    return [rule.record, { kind: 'gauge' as const, labels }] as const;
  });
  known = new Map([...(await knownMetrics()), ...recorded]);
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
