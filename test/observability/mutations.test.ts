import { beforeAll, expect, test } from '@jest/globals';
import { OVERVIEW } from '#grafana/dashboards/catalogue.ts';
import { dashboardFaults } from './dashboard-faults.ts';
import { DASHBOARD_MISTAKES } from './dashboard-mistakes.ts';
import { asWritten } from './dashboard-model.ts';
import { type KnownMetric, knownMetrics } from './known-metrics.ts';
import { QUERY_MISTAKES } from './query-mistakes.ts';

let known: Map<string, KnownMetric>;
beforeAll(async () => {
  known = await knownMetrics();
});

test.each([...QUERY_MISTAKES, ...DASHBOARD_MISTAKES])('%s is noticed', (_, make, noticed) => {
  const dashboard = asWritten(OVERVIEW);
  make(dashboard);
  expect(dashboardFaults(dashboard, known).join('\n')).toContain(noticed);
});
