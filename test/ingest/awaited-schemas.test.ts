import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { RetriedWork } from '#core/retried-work.ts';
import { AwaitedSchemas } from '#ingest/kafka/awaited-schemas.ts';
import type { KafkaRecord } from '#kafka/client.ts';

const SECOND_MS = 1000;

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

/** A registry that gives what it has, and what it was asked for. */
function awaiting() {
  const happened: string[] = [];
  const registry = { has: new Set<number>(), hangs: false };
  const work = new RetriedWork({
    onFailure: (operation) => happened.push(`failed ${operation}`),
    faultOf: () => 'unreachable',
    sleep: async () => {},
    now: () => 0,
  });
  const schemas = new AwaitedSchemas(['t', 'u'], {
    decoder: {
      missing: (messages) => new Set([...messages].map(({ value }) => Number(value))),
      async load(keys) {
        if (registry.hangs) return new Promise(() => {});
        if ([...keys].some((key) => !registry.has.has(Number(key)))) throw new Error('away');
      },
    },
    registryWork: work,
    gate: {
      wait: (all) =>
        void happened.push(`paused [${all.map((each) => `${each.topic}${each.partition}`)}]`),
    },
    metrics: { ingestWaiting: { set: () => {} } } as never,
  });
  const load = (topic: string, partition: number, schema: number): Promise<boolean> => {
    const value = Buffer.from(String(schema));
    return schemas.load(topic, partition, [{ value } as KafkaRecord]);
  };
  return { schemas, load, happened, registry, work };
}

test('a batch goes on at once where the registry answers', async () => {
  const { load, happened, registry } = awaiting();
  registry.has.add(1);
  expect(await load('t', 0, 1)).toBe(true);
  expect(happened).toEqual([]);
});

test('a partition is paused until it answers, and others are not held up meanwhile', async () => {
  const { schemas, load, happened, registry, work } = awaiting();
  expect(await load('t', 0, 1)).toBe(false);
  expect(await load('u', 3, 2)).toBe(false);
  expect(happened).toEqual(['failed load', 'paused [t0]', 'paused [t0,u3]']);
  expect(work.fault()).toContain('load of t/0: away');
  happened.length = 0;
  registry.has.add(2);
  await jest.advanceTimersByTimeAsync(SECOND_MS);
  expect(happened).toEqual(['failed load', 'paused [t0]']);
  registry.has.add(1);
  await jest.advanceTimersByTimeAsync(SECOND_MS);
  expect(happened.at(-1)).toBe('paused []');
  expect(work.fault()).toBeNull();
  schemas.stop();
});

test('a registry that hangs holds a batch up for a second', async () => {
  const { schemas, load, happened, registry } = awaiting();
  registry.hangs = true;
  const first = load('t', 0, 1);
  await jest.advanceTimersByTimeAsync(SECOND_MS);
  expect(await first).toBe(false);
  expect(happened).toEqual(['paused [t0]']);
  schemas.stop();
});

test('a rebalance forgets what waits', async () => {
  const { schemas, load, happened, work } = awaiting();
  await load('t', 0, 1);
  schemas.reassign();
  expect(happened.at(-1)).toBe('paused []');
  expect(work.fault()).toBeNull();
  expect(jest.getTimerCount()).toBe(0);
});
