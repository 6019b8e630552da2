import { expect, test } from '@jest/globals';
import type { GraphAnswer } from '#core/outcome/answer.ts';
import { hashRecord, type SendableRecord, writeRecord } from '#core/record/record.ts';
import { createLogger } from '#process/logger.ts';
import { createMetrics, type DetailedPixels } from '#process/metrics/registry.ts';
import { LaneObserver } from '#worker/lane/observer.ts';
import { WORKER_METRICS } from '#worker/metrics.ts';

const QUIET = createLogger('test', 'error', { write() {} });
const PIXEL = '1';

function recordNamed(name: string): SendableRecord {
  const plain = {
    event_name: name,
    event_time: 1,
    action_source: 'website' as const,
    user_data: {},
  };
  const kafka = { offset: 1, timestamp: 1 };
  return hashRecord(Buffer.from(writeRecord({ plain, personal: {} }, kafka, 0)));
}

function answerOf(status: number, usage = ''): GraphAnswer {
  return { kind: 'answered', status, headers: { 'x-app-usage': usage }, body: '' };
}

function observed(detailed: DetailedPixels = 'none') {
  const metrics = createMetrics('worker', WORKER_METRICS, detailed);
  metrics.initSeries({ pixels: [PIXEL], topics: [] });
  const seriesOf = async (page: Promise<string>) =>
    (await page).split('\n').filter((line) => line.startsWith('capi_worker_')).length;
  const observer = new LaneObserver(PIXEL, metrics, QUIET, { dead() {}, did() {} });
  return { observer, page: () => metrics.page(), series: () => seriesOf(metrics.page()) };
}

const delivered = { kind: 'delivered', received: null, warnings: 0 } as const;

test('ten thousand names and statuses make no new series', async () => {
  const { observer, page, series } = observed();
  observer.onOutcome(delivered, [recordNamed('Purchase')]);
  const before = await series();
  const records = Array.from({ length: 10_000 }, (_, index) => recordNamed(`name-${index}`));
  observer.onOutcome(delivered, records);
  for (let status = 600; status < 10_600; status += 1) observer.onAnswer(answerOf(status), 1);
  expect(await series()).toBe(before);
  const text = await page();
  const of = (labels: string) => `{pixel="other",${labels}} `;
  expect(text).toContain(`capi_worker_delivered_events_total${of('event_name="Purchase"')}1\n`);
  expect(text).toContain(`capi_worker_delivered_events_total${of('event_name="custom"')}10000\n`);
  expect(text).toContain(`capi_worker_requests_total${of('code="other"')}10000\n`);
  expect(text).toContain('capi_metrics_dropped_labels_total{label="code"} 10000\n');
});

test('what is by pixel only where asked for adds up under one word elsewhere', async () => {
  const counts = async (detailed: DetailedPixels) => {
    const { observer, page } = observed(detailed);
    observer.onBatch(3, 'count');
    observer.onAnswer(answerOf(200), 0.2);
    observer.onOutcome(delivered, [recordNamed('Purchase')]);
    observer.onState('blocked', 'x');
    observer.onSettled('1', 0, [], 0);
    const names =
      /^capi_(event_delivery_age_seconds_count|worker_(batch_events_count|request_duration_seconds_count|lane_halts_total|batches_total|requests_total|delivered_events_total)).* 1$/gm;
    return (await page()).match(names)?.map((line) => /pixel="(\w+)"/.exec(line)?.[1]);
  };
  expect(await counts('none')).toEqual(Array(7).fill('other'));
  expect(await counts(['1', '2'])).toEqual(Array(7).fill('1'));
  expect(await counts('all')).toEqual(Array(7).fill('1'));
});

test('deliveries are in time or late, and near their horizon, by pixel always', async () => {
  const { observer, page } = observed();
  const record = (kafkaAgeS: number | null, ageS: number): SendableRecord => ({
    ...recordNamed('Lead'),
    kafkaTimestamp: kafkaAgeS === null ? -1 : Date.now() - kafkaAgeS * 1000,
    eventTime: Math.floor(Date.now() / 1000) - ageS,
  });
  const day = 86_400;
  observer.onOutcome(delivered, [
    record(10, 20),
    record(-10, 20),
    record(3600, day),
    record(null, 6.5 * day),
    record(7000, 5.5 * day),
  ]);
  const text = await page();
  expect(text).toContain('capi_worker_deliveries_total{pixel="1",age="in_time"} 2\n');
  expect(text).toContain('capi_worker_deliveries_total{pixel="1",age="late"} 2\n');
  expect(text).toContain('capi_worker_near_horizon_events_total{pixel="1"} 1\n');
});

test('the used share of a rate limit is what the last answer said', async () => {
  const { observer, page } = observed();
  const usage = () =>
    page().then((text) => /rate_limit_usage_ratio\{pixel="1"\} (\S+)/.exec(text)?.[1]);
  expect(await usage()).toBe('0');
  observer.onAnswer(answerOf(200, '{"call_count":93,"total_time":20}'), 1);
  expect(await usage()).toBe('0.93');
  observer.onAnswer(answerOf(200), 1);
  expect(await usage()).toBe('0');
});
