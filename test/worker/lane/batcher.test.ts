import { describe, expect, test } from '@jest/globals';
import { recordAt, UNLIMITED } from '#test/support/batch-sending.ts';
import { Batcher, type BatcherDeps, type Origin } from '#worker/lane/batcher.ts';
import type { EventResult } from '#worker/lane/outgoing-batch.ts';

const LIMITS = { maxEvents: 2, maxBytes: 1_000_000 };

const all = Array.from({ length: 10 }, (_, offset) => recordAt(offset));
const ACCEPTED: Origin = { settlement: { confirm: async () => true } };

/** A batcher with a limit of batches in flight, whose requests are answered by hand. */
function observe({ allowed, slots }: { allowed: number; slots: number }) {
  const sent: { events: number; trigger: string; answer: () => void }[] = [];
  const dismissed: (() => void)[] = [];
  let free = slots;
  const batcher = new Batcher({
    pixelId: '1',
    limits: LIMITS,
    lingerMs: 3_600_000,
    pace: { allowed, gapMs: 0 },
    requests: {
      ...UNLIMITED,
      ask(_lane, _units, grant, dismiss) {
        if (free === 0) dismissed.push(dismiss ?? (() => {}));
        else {
          free -= 1;
          grant();
        }
      },
    },
    send: ({ records, trigger }) =>
      new Promise((resolve) => {
        const answer = () => resolve(records.map(() => ({ kind: 'delivered' })));
        sent.push({ events: records.length, trigger, answer });
      }),
  });
  const results: (readonly EventResult['kind'][])[] = [];
  const deliver = (n: number, lease?: Origin['lease']): void => {
    const at = results.push([]) - 1;
    void batcher.deliver(all.slice(0, n), { ...ACCEPTED, lease }).then((found) => {
      results[at] = found.map(({ kind }) => kind);
    });
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { batcher, sent, dismissed, results, deliver, turn };
}

test('a stop sends what lingers, waits for what is under way, and hands back the rest unsent', async () => {
  const { batcher, sent, results, deliver, turn } = observe({ allowed: 2, slots: 2 });
  deliver(2);
  deliver(1);
  batcher.drain();
  deliver(2);
  await turn();
  expect(sent).toMatchObject([
    { events: 2, trigger: 'count' },
    { events: 1, trigger: 'stop' },
  ]);
  expect(results).toEqual([[], [], ['held', 'held']]);
  for (const { answer } of sent) answer();
  await turn();
  expect(results.slice(0, 2)).toEqual([['delivered', 'delivered'], ['delivered']]);
});

test('a stop does not send what waits for others: batches of its lane, and requests of the process', async () => {
  const { batcher, sent, dismissed, results, deliver, turn } = observe({ allowed: 2, slots: 1 });
  for (let n = 0; n < 4; n += 1) deliver(2);
  await turn();
  expect(sent).toHaveLength(1);
  batcher.drain();
  for (const dismiss of dismissed) dismiss();
  await turn();
  expect(sent).toHaveLength(1);
  const held = ['held', 'held'];
  expect(results).toEqual([[], held, held, held]);
  sent[0]?.answer();
  await turn();
  expect(sent).toHaveLength(1);
  expect(results[0]).toEqual(['delivered', 'delivered']);
});

test('what has waited long is asked for before it is sent, and what another worker has is not sent', async () => {
  const { sent, results, deliver, turn } = observe({ allowed: 1, slots: 2 });
  const asked: string[] = [];
  const lease = (name: string, fresh: boolean, ours: boolean) => ({
    fresh: () => fresh,
    async confirm() {
      asked.push(name);
      return ours;
    },
  });
  deliver(1, lease('gone', false, false));
  deliver(1, lease('fresh', true, true));
  deliver(1, lease('kept', false, true));
  deliver(1, lease('gone too', false, false));
  await turn();
  expect(sent).toMatchObject([{ events: 1 }]);
  expect(asked).toEqual(['gone']);
  sent[0]?.answer();
  await turn();
  expect(asked).toEqual(['gone', 'kept', 'gone too']);
  expect(sent).toMatchObject([{ events: 1 }, { events: 1 }]);
  sent[1]?.answer();
  await turn();
  expect(results).toEqual([['held'], ['delivered'], ['delivered'], ['held']]);
});

function originOf(confirm: Origin['settlement']['confirm']): Origin {
  return { settlement: { confirm } };
}

describe('batching', () => {
  function batcherOf(maxEvents: number, requests = 2) {
    const batches: { offsets: number[]; trigger: string }[] = [];
    const open: (() => void)[] = [];
    const batcher = new Batcher({
      pixelId: '1',
      limits: { maxEvents, maxBytes: 1_000_000 },
      lingerMs: 5,
      pace: { allowed: requests, gapMs: 0 },
      requests: UNLIMITED,
      send: async ({ records, trigger }) => {
        batches.push({ offsets: records.map(({ offset }) => offset), trigger });
        await new Promise<void>((resolve) => open.push(resolve));
        return records.map(() => ({ kind: 'delivered' }));
      },
    });
    return { batcher, batches, open };
  }

  test('puts whole envelopes together until a batch is full', async () => {
    const { batcher, batches, open } = batcherOf(5);
    const first = batcher.deliver(all.slice(0, 3), ACCEPTED);
    const second = batcher.deliver(all.slice(3, 5), ACCEPTED);
    const third = batcher.deliver(all.slice(5, 7), ACCEPTED);
    batcher.drain();
    open.forEach((answer) => {
      answer();
    });
    expect((await first).length + (await second).length + (await third).length).toBe(7);
    expect(batches).toEqual([
      { offsets: [0, 1, 2, 3, 4], trigger: 'count' },
      { offsets: [5, 6], trigger: 'stop' },
    ]);
  });

  test('sends an envelope that is larger than a batch in parts', async () => {
    const { batcher, batches, open } = batcherOf(4, 9);
    const results = batcher.deliver(all.slice(0, 10), ACCEPTED);
    batcher.drain();
    open.forEach((answer) => {
      answer();
    });
    expect(await results).toHaveLength(10);
    expect(batches.map(({ offsets }) => offsets.length)).toEqual([4, 4, 2]);
  });

  test('has no more requests under way than it may', async () => {
    const { batcher, batches, open } = batcherOf(1, 2);
    const delivered = Promise.all(all.slice(0, 6).map((each) => batcher.deliver([each], ACCEPTED)));
    expect(batches).toHaveLength(2);
    while (batches.length < 6 || open.length > 0) {
      open.shift()?.();
      await new Promise(setImmediate);
    }
    expect(await delivered).toHaveLength(6);
  });
});

describe('envelopes that share a batch', () => {
  function batcherOf(send: BatcherDeps['send'], maxEvents = 10): Batcher {
    return new Batcher({
      pixelId: '1',
      limits: { maxEvents, maxBytes: 1_000_000 },
      lingerMs: 60_000,
      pace: { allowed: 9, gapMs: 0 },
      requests: UNLIMITED,
      send,
    });
  }

  test('are told apart: one that is accepted as a whole waits for no other', async () => {
    let open = (): void => {};
    const batcher = batcherOf(async ({ records, confirm }) => {
      expect(await confirm(records.slice(0, 5))).toEqual(all.slice(4, 7));
      await new Promise<void>((resolve) => {
        open = resolve;
      });
      return records.map((_, index) => {
        return index < 5 ? { kind: 'delivered' } : { kind: 'held', deferMs: null };
      });
    });
    const told: [name: string, events: number][] = [];
    const first = batcher.deliver(
      all.slice(0, 4),
      originOf(async (some) => {
        told.push(['first', some.length]);
        return true;
      }),
    );
    const second = batcher.deliver(
      all.slice(4, 7),
      originOf(async (some) => {
        told.push(['second', some.length]);
        return false;
      }),
    );
    const third = batcher.deliver(
      all.slice(7),
      originOf(async () => {
        throw new Error('nothing of it was accepted');
      }),
    );
    expect((await first).map(({ kind }) => kind)).toEqual(Array(4).fill('delivered'));
    expect(told).toEqual([
      ['first', 4],
      ['second', 1],
    ]);
    open();
    expect((await second).map(({ kind }) => kind)).toEqual(['delivered', 'held', 'held']);
    expect((await third).every(({ kind }) => kind === 'held')).toBe(true);
  });

  test('a part of an envelope that is larger than a batch is settled while the next one waits', async () => {
    const opens: (() => void)[] = [];
    const batcher = batcherOf(async ({ records }) => {
      await new Promise<void>((resolve) => opens.push(resolve));
      return records.map(() => ({ kind: 'delivered' }));
    }, 4);
    const told: number[] = [];
    const delivered = batcher.deliver(
      all.slice(0, 8),
      originOf(async (some) => {
        told.push(some.length);
        return true;
      }),
    );
    opens.shift()?.();
    while (told.length === 0) await new Promise(setImmediate);
    expect(told).toEqual([4]);
    opens.shift()?.();
    expect(await delivered).toHaveLength(8);
  });
});

test('events with a test code of a rule share no request with others, and each keeps its result', async () => {
  const sent: string[] = [];
  const confirmed: number[] = [];
  const batcher = new Batcher({
    pixelId: '1',
    limits: { maxEvents: 10, maxBytes: 1_000_000 },
    lingerMs: 0,
    pace: { allowed: 8, gapMs: 0 },
    requests: UNLIMITED,
    send: async ({ records, trigger }) => {
      sent.push(`${trigger}: ${records.map(({ offset }) => offset).join()}`);
      return records.map(({ offset }) => ({ kind: 'held', deferMs: offset }));
    },
  });
  const settlement = {
    confirm: async (records: readonly unknown[]) => {
      confirmed.push(records.length);
      return true;
    },
  };
  const codes = [undefined, 'A', undefined, 'B', 'A'];
  const mixed = codes.map((code, offset) =>
    recordAt(offset, code === undefined ? {} : { testEventCode: code }),
  );
  const results = await Promise.all([
    batcher.deliver(mixed, { settlement }),
    batcher.deliver([recordAt(7)], { settlement }),
  ]);
  expect(sent.toSorted()).toEqual(['alone: 1,4', 'alone: 3', 'linger: 0,2,7']);
  const deferred = results.flat().map((result) => result.kind === 'held' && result.deferMs);
  expect(deferred).toEqual([0, 1, 2, 3, 4, 7]);
  expect(confirmed).toEqual([0, 0, 0]);
});
