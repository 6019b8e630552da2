import { describe, expect, test } from '@jest/globals';
import { hashRecord, type SendableRecord, writeRecord } from '#core/record/record.ts';
import type { Disposition } from '#store/delivery/lane.ts';
import type { Settlement, SettlementResult, SettlementStore } from '#store/delivery/settlement.ts';
import type { EnvelopeData } from '#store/intake/envelope.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { HELD_LEASE } from '#test/support/held-lease.ts';
import { Batcher, type BatcherDeps } from '#worker/lane/batcher.ts';
import type { EventResult } from '#worker/lane/delivery-rules.ts';
import type { LaneObserver } from '#worker/lane/observer.ts';
import { EnvelopeProgress } from '#worker/lane/progress.ts';
import { type Judgement, judge } from '#worker/lane/settle.ts';

const EVENTS = 10;
const FACTS = { pixelId: '1', sources: [['t', 0]] as const, failures: 0 };
const POLICY = {
  retry: { attempts: 3, baseMs: 1000, capMs: 10_000 },
  unreadableMs: 30_000,
  marginMs: 60_000,
  suspects: { suspectAfter: 2, buryAfter: 3 },
};
const GIVE_BACK: Disposition = { kind: 'giveBack' };

const records = Array.from({ length: EVENTS }, (_, offset): SendableRecord => {
  const clear = {
    event_name: 'Purchase',
    event_time: 1_763_632_800,
    event_id: `e${offset}`,
    action_source: 'website' as const,
    user_data: {},
  };
  const line = writeRecord({ clear, personal: {} }, { offset, timestamp: 0 }, 0);
  return hashRecord(Buffer.from(line));
});

/** A worker's progress with an envelope, and the settlements that it asked for. */
function progressOf(answer: (n: number, asked: Settlement) => SettlementResult) {
  const asked: Settlement[] = [];
  const counted = { delivered: 0, retried: 0, refused: 0 };
  const store = {
    async settle(settlement: Settlement) {
      asked.push(settlement);
      return answer(asked.length, settlement);
    },
  } as SettlementStore;
  const observer = {
    settled(_id: string, delivered: number, _dead: unknown, retried: number) {
      counted.delivered += delivered;
      counted.retried += retried;
    },
    refused() {
      counted.refused += 1;
    },
  } as unknown as LaneObserver;
  const rooms = { pixelId: '1', sealer: createOpenSealer(), store, observer };
  const envelope = {
    id: 'e',
    token: 't',
    data: { n: EVENTS, d: '' },
    failures: 0,
    stalls: 0,
    lease: HELD_LEASE,
  };
  const progress = new EnvelopeProgress(rooms, envelope, { facts: FACTS, records });
  return { progress, asked, counted };
}

/** Takes everything, and names what is left by the number of the settlement. */
function taken(n: number, { remaining }: Settlement): SettlementResult {
  const data: EnvelopeData | null =
    remaining === null ? null : { v: `v${n}`, n: remaining.n, d: '' };
  return { kind: 'settled', data, free: true };
}

/** All are delivered but those from `from` on, which are held. */
function judgement(from: number): Judgement {
  const fates = records.map((_, index): EventResult => {
    return index < from ? { kind: 'delivered' } : { kind: 'held', behindMs: null };
  });
  return judge(records, fates, FACTS, POLICY, { now: 0, random: 0, stopping: false });
}

function written(asked: readonly Settlement[]) {
  return asked.map(({ envelope, delivered, remaining, next }) => ({
    of: `${envelope.data.v ?? ''}/${envelope.data.n}`,
    delivered,
    left: remaining?.n ?? 0,
    next: next.kind,
  }));
}

describe('what of an envelope is settled while it is worked on', () => {
  test('each part once, each on what the one before it left, and the rest in the end', async () => {
    const { progress, asked, counted } = progressOf(taken);
    expect(await progress.confirm(records.slice(0, 4))).toBe(true);
    expect(await progress.confirm(records.slice(0, 6))).toBe(true);
    await progress.end(judgement(8));
    expect(written(asked)).toEqual([
      { of: '/10', delivered: 4, left: 6, next: 'hold' },
      { of: 'v1/6', delivered: 2, left: 4, next: 'hold' },
      { of: 'v2/4', delivered: 2, left: 2, next: 'giveBack' },
    ]);
    expect(counted).toEqual({ delivered: 8, retried: 2, refused: 0 });
  });

  test('an envelope of which everything was accepted needs nothing more in the end', async () => {
    const { progress, asked } = progressOf(taken);
    await progress.confirm(records);
    await progress.end(judgement(EVENTS));
    expect(written(asked)).toEqual([{ of: '/10', delivered: 10, left: 0, next: 'done' }]);
  });

  test('one that nothing was settled of goes as it is', async () => {
    const { progress, asked } = progressOf(taken);
    await progress.end(judgement(0));
    expect(written(asked)).toEqual([{ of: '/10', delivered: 0, left: 10, next: 'giveBack' }]);
    expect(asked[0]?.remaining).toBe(asked[0]?.envelope.data);
  });

  test('a refused part is not counted, ends the sending, and is asked for again in the end', async () => {
    const refusal: SettlementResult = { kind: 'refused', open: 3 };
    const { progress, asked, counted } = progressOf((n, each) =>
      n === 2 ? refusal : taken(n, each),
    );
    await progress.confirm(records.slice(0, 4));
    expect(await progress.confirm(records.slice(4, 6))).toBe(false);
    expect(await progress.confirm(records.slice(6, 7))).toBe(false);
    await progress.end(judgement(8));
    const last = { of: 'v1/6', delivered: 4, left: 2, next: GIVE_BACK.kind };
    expect(written(asked).slice(1)).toEqual([
      { of: 'v1/6', delivered: 2, left: 4, next: 'hold' },
      last,
    ]);
    expect(counted).toEqual({ delivered: 8, retried: 2, refused: 1 });
  });

  test('a part that is settled while another worker holds the envelope ends the sending', async () => {
    const { progress } = progressOf((n, each) => ({ ...taken(n, each), free: false }) as never);
    expect(await progress.confirm(records.slice(0, 4))).toBe(false);
  });

  test('parts that are confirmed at once wait for each other', async () => {
    const { progress, asked } = progressOf(taken);
    await Promise.all([
      progress.confirm(records.slice(0, 4)),
      progress.confirm(records.slice(4, 7)),
      progress.end(judgement(7)),
    ]);
    expect(written(asked).map(({ of }) => of)).toEqual(['/10', 'v1/6', 'v2/3']);
  });
});

describe('envelopes that share a batch', () => {
  function gathererOf(send: BatcherDeps['send'], maxEvents = EVENTS): Batcher {
    return new Batcher({
      limits: { maxEvents, maxBytes: 1_000_000 },
      lingerMs: 60_000,
      pace: { allowed: 9, gapMs: 0 },
      slots: (work) => void work(),
      send,
    });
  }

  test('are told apart: one that is accepted as a whole waits for no other', async () => {
    let open = (): void => {};
    const gatherer = gathererOf(async (sent, _trigger, confirm) => {
      expect(await confirm(sent.slice(0, 5))).toEqual(records.slice(4, 7));
      await new Promise<void>((resolve) => {
        open = resolve;
      });
      return sent.map((_, index) => {
        return index < 5 ? { kind: 'delivered' } : { kind: 'held', behindMs: null };
      });
    });
    const told: [name: string, events: number][] = [];
    const first = gatherer.deliver(records.slice(0, 4), async (some) => {
      told.push(['first', some.length]);
      return true;
    });
    const second = gatherer.deliver(records.slice(4, 7), async (some) => {
      told.push(['second', some.length]);
      return false;
    });
    const third = gatherer.deliver(records.slice(7), async () => {
      throw new Error('nothing of it was accepted');
    });
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
    const gatherer = gathererOf(async (sent) => {
      await new Promise<void>((resolve) => opens.push(resolve));
      return sent.map(() => ({ kind: 'delivered' }));
    }, 4);
    const told: number[] = [];
    const all = gatherer.deliver(records.slice(0, 8), async (some) => {
      told.push(some.length);
      return true;
    });
    opens.shift()?.();
    while (told.length === 0) await new Promise(setImmediate);
    expect(told).toEqual([4]);
    opens.shift()?.();
    expect(await all).toHaveLength(8);
  });
});
