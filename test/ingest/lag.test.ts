import { expect, test } from '@jest/globals';
import { LagCollector } from '#ingest/kafka/lag.ts';
import { INGEST_METRICS } from '#ingest/metrics.ts';
import { createMetrics } from '#process/metrics/registry.ts';

function lagging({ next = null as number | null, watermark = null as number | null }) {
  const metrics = createMetrics('ingest', INGEST_METRICS);
  const asked: number[] = [];
  const lag = new LagCollector({
    observer: { logEnds: async () => new Map([[3, { low: 10, high: 100 }]]) },
    topics: ['t'],
    partitions: { nextOffset: () => next },
    store: {
      async watermarks(partitions) {
        asked.push(...partitions.map(({ partition }) => partition));
        const found =
          watermark === null ? null : { offset: watermark, topicId: null, haltedAt: null };
        return partitions.map(() => found);
      },
    },
    metrics,
  });
  return { lag, metrics, asked };
}

test.each([
  ['the next offset to read', { next: 40, watermark: 20 }, 60],
  ['its watermark, where nothing was fetched yet', { watermark: 20 }, 80],
  ['the start of its log, where nothing was read yet', {}, 90],
  ['its end, however far it was read', { next: 120 }, 0],
])('a partition lags from %s', async (_name, state, messages) => {
  const { lag, metrics } = lagging(state);
  lag.assigned({ t: [3] });
  await lag.collect();
  expect(await metrics.page()).toContain(
    `capi_ingest_lag_messages{topic="t",partition="3"} ${messages}`,
  );
});

test('partitions of other members are not reported, and an assignment drops the old ones', async () => {
  const { lag, metrics, asked } = lagging({ next: 40 });
  await lag.collect();
  expect(asked).toEqual([]);
  lag.assigned({ t: [3] });
  await lag.collect();
  lag.assigned({ t: [] });
  await lag.collect();
  expect(asked).toEqual([3]);
  expect(await metrics.page()).not.toContain('partition="3"');
});

test('what was asked for another assignment is not reported', async () => {
  const { lag, metrics } = lagging({ next: 40 });
  lag.assigned({ t: [3] });
  const collected = lag.collect();
  lag.assigned({ t: [] });
  await collected;
  expect(await metrics.page()).not.toContain('partition="3"');
});
