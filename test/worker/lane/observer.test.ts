import { expect, test } from '@jest/globals';
import type { GraphAnswer } from '#core/outcome/answer.ts';
import { hashRecord, type SendableRecord, writeRecord } from '#core/record/record.ts';
import { createLogger } from '#process/logger.ts';
import { createMetrics } from '#process/metrics/registry.ts';
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

function observed() {
  const metrics = createMetrics('worker', WORKER_METRICS);
  metrics.initSeries({ pixels: [PIXEL], topics: [] });
  const seriesOf = async (page: Promise<string>) =>
    (await page).split('\n').filter((line) => line.startsWith('capi_worker_')).length;
  const observer = new LaneObserver(PIXEL, metrics, QUIET, { dead() {} });
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
  const of = (labels: string) => `{pixel="1",${labels}} `;
  expect(text).toContain(`capi_worker_delivered_events_total${of('event_name="Purchase"')}1\n`);
  expect(text).toContain(`capi_worker_delivered_events_total${of('event_name="custom"')}10000\n`);
  expect(text).toContain(`capi_worker_requests_total${of('code="other"')}10000\n`);
  expect(text).toContain('capi_metrics_dropped_labels_total{label="code"} 10000\n');
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
