import { expect, test } from '@jest/globals';
import { IngestCounters } from '#ingest/counters.ts';
import { INGEST_METRICS } from '#ingest/metrics.ts';
import { createLogger } from '#process/logger.ts';
import { createMetrics } from '#process/metrics/registry.ts';

function counting() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  const logger = createLogger('ingest', 'debug', { write });
  const metrics = createMetrics('ingest', INGEST_METRICS);
  const dead: string[] = [];
  const sent: (string | number)[][] = [];
  const counters = new IngestCounters(
    metrics,
    logger,
    {
      dead: (...facts) => dead.push(facts.join()),
      did() {},
      failed: (message, error) => dead.push(`${message}: ${error}`),
    },
    {
      enqueued: (pixel, events) => sent.push([pixel, 'events', events]),
      carried: (...facts) => sent.push(facts),
    },
  );
  return { counters, metrics, lines, dead, sent };
}

test('events are in the metrics once they are published, and once only', async () => {
  const { counters, metrics, dead } = counting();
  counters.filtered('1', 'not_track');
  counters.filtered(null, 'no_pixel');
  counters.dead('1', 'invalid_event');
  counters.dead('1', 'invalid_event');
  counters.warned('1', { code: 'invalid_email', path: 'a', message: 'b' });
  expect(await metrics.page()).not.toContain('outcome="filtered"');
  counters.publish();
  counters.publish();
  const page = await metrics.page();
  for (const sample of [
    'capi_ingest_events_total{pixel="1",outcome="filtered"} 1',
    'capi_ingest_events_total{pixel="none",outcome="filtered"} 1',
    'capi_ingest_events_total{pixel="1",outcome="dead"} 2',
    'capi_ingest_filtered_total{pixel="1",reason="not_track"} 1',
    'capi_dead_letters_total{pixel="1",stage="ingest",reason="invalid_event"} 2',
    'capi_ingest_warnings_total{pixel="other",code="invalid_email"} 1',
  ])
    expect(page).toContain(sample);
  expect(dead).toEqual(['1,ingest,invalid_event,2']);
});

test('match keys are counted by their names, whether hashed or plain', async () => {
  const { counters, metrics, sent } = counting();
  const plain = {
    event_name: 'Lead',
    event_time: 1,
    action_source: 'website',
    user_data: { fbp: 'fb.1.1.1', subscription_id: 's' },
  } as const;
  counters.enqueued('1', { plain, personal: { em: 'jane@example.com' } });
  counters.publish();
  const page = await metrics.page();
  expect(page).toContain('{pixel="1",key="em"} 1');
  expect(page).toContain('{pixel="1",key="fbp"} 1');
  expect(page).not.toContain('subscription_id');
  expect(sent).toEqual([
    ['1', 'events', 1],
    ['1', 'em', 1],
    ['1', 'fbp', 1],
  ]);
  expect(page).not.toContain('jane@example.com');
});

test('what a person must know of a partition is counted and logged', async () => {
  const { counters, metrics, lines } = counting();
  counters.missing('t', 3, { from: 5, to: 9 });
  counters.recreated('t', 3, { offset: 7, topicId: 'a', haltedAt: null });
  counters.conflict();
  counters.written(2, 0.004);
  expect(lines).toMatchObject([
    { level: 'error', topic: 't', partition: 3, from: 5, to: 9, messages: 4 },
    { level: 'warn', topic: 't', partition: 3, before: 7 },
    { level: 'warn', msg: expect.stringContaining('another process wrote the same messages') },
    { level: 'debug', partitions: 2, seconds: 0.004, msg: 'written to Redis' },
  ]);
  const page = await metrics.page();
  expect(page).toContain('capi_ingest_missing_messages_total{topic="t"} 4');
  expect(page).toContain('capi_ingest_watermark_conflicts_total 1');
  expect(page).toContain('capi_ingest_write_duration_seconds_count 1');
});
