import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { METRICS } from '#docs/metrics.ts';
import { DASHBOARDS } from '#grafana/dashboards/catalogue.ts';
import { writtenDashboards } from '#grafana/dashboards/write.ts';
import { dashboardFaults } from './dashboard-faults.ts';
import { asWritten, type DashboardModel, panelsOf } from './dashboard-model.ts';
import { declaredName, type KnownMetric, knownMetrics } from './known-metrics.ts';
import { readExpression, selectorsOf } from './promql.ts';

const FOLDER = join(import.meta.dirname, '../../deploy/grafana/dashboards/json');

/** Declared metrics that no panel shows, each with the reason. */
const ON_NO_PANEL: Readonly<Record<string, string>> = {
  capi_metrics_dropped_labels_total: 'the code "other" among the answers shows the same',
};

const written = (): DashboardModel[] => DASHBOARDS.map(asWritten);

let known: Map<string, KnownMetric>;
beforeAll(async () => {
  known = await knownMetrics();
});

test('the files are what the code writes: `make dashboards` after a change', () => {
  const files = Object.fromEntries(
    readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]),
  );
  const expected = writtenDashboards();
  expect(Object.keys(files).sort()).toEqual(Object.keys(expected).sort());
  expect(Object.keys(files).filter((name) => files[name] !== expected[name])).toEqual([]);
});

test.each(written().map((each): [string, DashboardModel] => [each.uid, each]))(
  '%s has no faults',
  (_, dashboard) => {
    expect(dashboardFaults(dashboard, known)).toEqual([]);
  },
);

test('every declared metric is on a panel, or there is a reason', () => {
  const expressions = written().flatMap((each) => [
    ...panelsOf(each).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...each.annotations.list.flatMap(({ expr }) => expr ?? []),
  ]);
  const asked = expressions.flatMap((text) => selectorsOf(readExpression(text)));
  const shown = new Set(asked.map(({ metric }) => declaredName(metric)));
  const declared = Object.values(METRICS).map(({ name }) => name);
  expect(declared.filter((name) => !shown.has(name)).sort()).toEqual(
    Object.keys(ON_NO_PANEL).sort(),
  );
});
