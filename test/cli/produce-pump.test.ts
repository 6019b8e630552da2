import { describe, expect, test } from '@jest/globals';
import { type PumpLimits, pump } from '#cli/produce/pump.ts';
import type { Feed, Outgoing } from '#cli/produce/source.ts';
import { feedLines } from '#cli/produce/source.ts';

const UNLIMITED: PumpLimits = { count: null, durationMs: null, rate: null };

function endless(): Feed {
  let made = 0;
  return {
    next: async (most) =>
      Array.from({ length: most }, () => ({ key: null, value: Buffer.from(String(made++)) })),
  };
}

function ending(count: number): Feed {
  const all = Array.from({ length: count }, (_, at) => ({
    key: null,
    value: Buffer.from(`${at}`),
  }));
  return { next: async (most) => all.splice(0, most) };
}

async function run(feed: Feed, limits: Partial<PumpLimits>, options: { stopAt?: number } = {}) {
  const values: string[] = [];
  const stop = new AbortController();
  let total = 0;
  const send = async (messages: readonly Outgoing[]): Promise<void> => {
    values.push(...messages.map(({ value }) => String(value)));
    if (values.length >= (options.stopAt ?? Number.POSITIVE_INFINITY)) stop.abort();
  };
  const sent = (now: number): void => {
    total = now;
  };
  const controls = { signal: stop.signal, sent, clock: Date.now };
  await pump(feed, send, { ...UNLIMITED, ...limits }, controls);
  return { total, values };
}

test('all of a feed that ends is sent, in order and once', async () => {
  const { total, values } = await run(ending(1_234), {});
  expect(values).toEqual(Array.from({ length: 1_234 }, (_, at) => String(at)));
  expect(total).toBe(1_234);
});

test('the count ends it', async () => {
  const { total, values } = await run(endless(), { count: 1_001 });
  expect([total, values.length]).toEqual([1_001, 1_001]);
});

/** A clock that goes on by 20 ms whenever it is looked at, and remembers what was sent when. */
function ticking() {
  let now = 0;
  const sends: { readonly ms: number; readonly total: number }[] = [];
  const controls = {
    signal: new AbortController().signal,
    clock: () => (now += 20),
    sent: (total: number) => void sends.push({ ms: now, total }),
  };
  return { controls, sends };
}

test('the duration ends it', async () => {
  const { controls, sends } = ticking();
  await pump(endless(), async () => {}, { ...UNLIMITED, durationMs: 200, rate: 100 }, controls);
  expect(sends.at(-1)?.total).toBeGreaterThan(10);
  expect(sends.at(-1)?.total).toBeLessThanOrEqual(20 + 1);
});

test('the rate is never exceeded, and kept', async () => {
  const { controls, sends } = ticking();
  await pump(endless(), async () => {}, { ...UNLIMITED, count: 60, rate: 200 }, controls);
  expect(sends.at(-1)?.total).toBe(60);
  expect(sends.length).toBeGreaterThan(5);
  expect(sends.filter(({ ms, total }) => total > ms * 0.2 + 1)).toEqual([]);
});

test('the signal ends it, and what was begun is finished', async () => {
  const { total, values } = await run(endless(), {}, { stopAt: 500 });
  expect(total).toBe(values.length);
});

test('what send throws comes out', async () => {
  const send = async (): Promise<void> => {
    throw new Error('refused');
  };
  const signal = new AbortController().signal;
  const pumping = pump(endless(), send, UNLIMITED, { signal, sent: () => {}, clock: Date.now });
  await expect(pumping).rejects.toThrow('refused');
});

test('the signal ends the wait for a feed that says nothing', async () => {
  const stop = new AbortController();
  const silent: Feed = { next: () => new Promise(() => {}) };
  const controls = { signal: stop.signal, sent: () => {}, clock: Date.now };
  const pumping = pump(silent, async () => {}, UNLIMITED, controls);
  stop.abort();
  await expect(pumping).resolves.toBeUndefined();
});

describe('lines as a feed', () => {
  async function* chunks(): AsyncGenerator<Buffer[]> {
    yield ['{"userId":"u1"}', 'b', 'c'].map((line) => Buffer.from(line));
    yield [Buffer.from('d')];
  }

  test('are keyed where they can be read, and never more than was asked for', async () => {
    const feed = feedLines(chunks());
    expect((await feed.next(2)).map(({ key, value }) => [key, String(value)])).toEqual([
      ['u1', '{"userId":"u1"}'],
      [null, 'b'],
    ]);
    expect((await feed.next(2)).map(({ value }) => String(value))).toEqual(['c']);
    expect((await feed.next(2)).map(({ value }) => String(value))).toEqual(['d']);
    expect(await feed.next(2)).toEqual([]);
    expect(await feed.next(2)).toEqual([]);
  });
});
