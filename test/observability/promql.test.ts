import { beforeAll, describe, expect, test } from '@jest/globals';
import { expressionFaults } from './expression-faults.ts';
import { type KnownMetric, knownMetrics } from './known-metrics.ts';
import { readExpression } from './promql.ts';
import { resultLabels } from './result-labels.ts';

let known: Map<string, KnownMetric>;
beforeAll(async () => {
  known = await knownMetrics();
});

describe('right', () => {
  test.each([
    'sum by (pixel) (rate(capi_worker_events_total{outcome="delivered"}[$__rate_interval]))',
    'histogram_quantile(0.99, sum by (le) (rate(capi_event_delivery_age_seconds_bucket[5m])))',
    'max by (pixel, reason) (capi_dead_letters_held{reason=~"too_old|future"})',
    'sum(rate(capi_event_delivery_age_seconds_bucket{le=~"300(\\\\.0)?"}[5m]))',
    'max_over_time(max by (pixel) (capi_queue_events)[10m:1m])',
    'absent(capi_ingest_messages_total)',
    'sum by (instance) (rate(process_cpu_seconds_total{job=~"$job"}[$__rate_interval]))',
    'sum by (kind) (rate(nodejs_gc_duration_seconds_sum[$__rate_interval]))',
    'count(up == 0) or vector(0)',
  ])('%s', (expression) => {
    expect(expressionFaults(expression, known)).toEqual([]);
  });
});

describe('wrong', () => {
  test.each([
    ['sum(rate(capi_worker_events_total[)', 'cannot be read'],
    ['rate(capi_workers_events_total[5m])', 'there is no metric "capi_workers_events_total"'],
    ['rate(capi_worker_events_total{pixels="1"}[5m])', 'has no label "pixels"'],
    ['rate(capi_worker_events_total{outcome="deliverd"}[5m])', 'has no outcome "deliverd"'],
    ['max by (pixel) (capi_dead_letters_held{reason=~"too_old|old"})', 'has no reason "old"'],
    ['sum by (pixel) (capi_worker_events_total)', 'is a counter, and needs rate'],
    ['rate(capi_ingest_lag_messages[5m])', 'is a gauge, not for rate'],
    ['rate(capi_event_delivery_age_seconds_bucket{le="300"}[5m])', 'match both'],
    ['sum by (topic) (rate(capi_worker_events_total[5m]))', 'groups by "topic"'],
    ['histogram_quantile(0.5, sum(rate(capi_event_time_age_seconds_bucket[5m])))', 'the label le'],
  ])('%s', (expression, fault) => {
    expect(expressionFaults(expression, known).join()).toContain(fault);
  });
});

describe('the labels of a result', () => {
  const labelsOf = () => ['a', 'b', 'le'];
  test.each([
    ['x', 'a,b,le'],
    ['sum(x)', ''],
    ['sum by (a, c) (x)', 'a'],
    ['sum without (a) (x)', 'b,le'],
    ['topk(3, x)', 'a,b,le'],
    ['count_values("version", x)', 'version'],
    ['histogram_quantile(0.9, sum by (le, a) (rate(x[5m])))', 'a'],
    ['time() - max by (a) (x)', 'a'],
    ['-(1 - 2) * x', 'a,b,le'],
    ['sum by (a) (x) / on (a) group_left (b) y', 'a,b'],
    ['x / on (a) y', 'a'],
    ['x / ignoring (a) y', 'b,le'],
    ['sum by (a) (x) or vector(0)', 'a'],
    ['sum by (a) (x) or sum by (b) (y)', 'a,b'],
    ['sum by (a) (x) unless y', 'a'],
    ['label_replace(sum by (a) (x), "new", "$1", "a", "(.*)")', 'a,new'],
  ])('%s', (text, labels) => {
    expect([...resultLabels(readExpression(text), labelsOf)].join()).toBe(labels);
  });
});
