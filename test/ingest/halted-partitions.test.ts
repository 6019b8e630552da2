import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { HaltedPartitions } from '#ingest/kafka/halted-partitions.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import { RedisWork } from '#store/redis-fault.ts';

const POLL_MS = 1000;
const WATERMARK: Watermark = { offset: 80, topicId: null, haltedAt: 60 };

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

function halting() {
  const happened: string[] = [];
  const state = { watermark: WATERMARK as Watermark | null, away: false };
  const halted = new HaltedPartitions({
    gate: {
      halt: (all) => void happened.push(`paused [${all.map(({ partition }) => partition)}]`),
    },
    partitions: { drop: (_topic, partition) => void happened.push(`drop ${partition}`) },
    store: {
      async watermarks(at) {
        if (state.away) throw new Error('away');
        return at.map(() => state.watermark);
      },
    },
    work: new RedisWork({ onFailure: (operation) => happened.push(`failed ${operation}`) }),
    seek: (_topic, partition, offset) => void happened.push(`seek ${partition} ${offset}`),
    metrics: {
      ingestHalted: { set: (_labels: object, n: number) => happened.push(`metric ${n}`) },
    } as never,
    logger: {
      info: (_facts: object, message: string) => happened.push(message),
      error: (_facts: object, message: string) => happened.push(message),
    } as never,
  });
  return { halted, happened, state };
}

const HALTED = 'the log ends before the watermark: the partition is halted';

test('a partition is paused, counted and logged, once', () => {
  const { halted, happened } = halting();
  expect(halted.fault()).toBeNull();
  halted.halt('t', 3, WATERMARK, true);
  expect(happened).toEqual([HALTED, 'paused [3]', 'metric 1']);
  happened.length = 0;
  halted.halt('t', 3, WATERMARK, false);
  expect(happened).not.toContain(HALTED);
  expect(halted.fault()).toBe('t/3 is halted: its log ended at 60, before the watermark 80');
  halted.stop();
});

test.each<[string, Watermark | null, string[]]>([
  ['is moved', { offset: 60, topicId: null, haltedAt: null }, ['drop 3', 'seek 3 60']],
  ['is removed', null, ['drop 3']],
])('it is read again once its watermark %s', async (_name, watermark, expected) => {
  const { halted, happened, state } = halting();
  halted.halt('t', 3, WATERMARK, true);
  happened.length = 0;
  await jest.advanceTimersByTimeAsync(POLL_MS);
  expect(happened).toEqual([]);
  state.watermark = watermark;
  await jest.advanceTimersByTimeAsync(POLL_MS);
  expect(happened).toEqual([...expected, 'paused []', 'metric 0', 'the partition is read again']);
  expect(halted.fault()).toBeNull();
  expect(jest.getTimerCount()).toBe(0);
});

test('a Redis that does not answer changes nothing, and is asked again', async () => {
  const { halted, happened, state } = halting();
  halted.halt('t', 3, WATERMARK, true);
  happened.length = 0;
  state.away = true;
  await jest.advanceTimersByTimeAsync(2 * POLL_MS);
  expect(happened).toEqual(['failed watermarks', 'failed watermarks']);
  halted.stop();
});

test('after a reassignment nothing is halted and nothing is asked', async () => {
  const { halted, happened } = halting();
  halted.halt('t', 3, WATERMARK, true);
  happened.length = 0;
  halted.reassign();
  expect(happened).toEqual(['paused []', 'metric 0']);
  expect(halted.fault()).toBeNull();
  expect(jest.getTimerCount()).toBe(0);
});
