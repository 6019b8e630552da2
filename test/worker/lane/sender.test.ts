import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { haltOfPause } from '#core/delivery/halt.ts';
import {
  afterAccepted,
  afterRejected,
  EMPTY_HISTORY,
  nearlyAllRejected,
} from '#core/delivery/rejections.ts';
import type { MetaError, Outcome } from '#core/outcome/answer.ts';
import type { SendableRecord } from '#core/record/record.ts';
import { EVENT_TIME, recordAt, sendBatch, sendingDeps } from '#test/support/batch-sending.ts';
import type { OutgoingBatch } from '#worker/lane/outgoing-batch.ts';
import type { SenderDeps } from '#worker/lane/sender.ts';

const REFUSAL: MetaError = {
  status: 400,
  code: 100,
  subcode: 2804001,
  message: 'no',
  traceId: 'T',
  index: null,
};

const TOO_LARGE: Outcome = { kind: 'rejected', tooLarge: true, refusal: REFUSAL, field: null };

const all = Array.from({ length: 1000 }, (_, offset) => recordAt(offset));
const records = all.slice(0, 100);
const delivered: Outcome = { kind: 'delivered', received: 1, warnings: 0 };

describe('delivering a batch', () => {
  test('keeps what was not answered yet once it is told to wait', async () => {
    let requests = 0;
    const { deps } = laneOf(async (part) => {
      requests += 1;
      if (requests === 1) return TOO_LARGE;
      if (requests === 2) return delivered;
      expect(part).toHaveLength(50);
      return { kind: 'throttled', waitMs: null, refusal: REFUSAL };
    });
    const results = await sendBatch(records, deps);
    expect(requests).toBe(3);
    expect(results.slice(0, 50).every(({ kind }) => kind === 'delivered')).toBe(true);
    expect(results.slice(50).every(({ kind }) => kind === 'held')).toBe(true);
  });

  test('counts an attempt only for what was sent, and only while the lane runs', async () => {
    const { deps } = laneOf(async (part) => {
      if (part.length > 50) return TOO_LARGE;
      return { kind: 'retry', unknown: true, refusal: REFUSAL };
    });
    const results = await sendBatch(records, deps);
    expect(results.slice(0, 50).every(({ kind }) => kind === 'retry')).toBe(true);
    expect(results.slice(50).every(({ kind }) => kind === 'held')).toBe(true);
    const halt = { state: 'failing', why: 'no', rejecting: false, turn: 1 } as const;
    const until = deps.now() + 7;
    const state = { ...deps.state, phase: 'probing', halt: { ...halt, until } } as const;
    const halted = await sendBatch(records, { ...deps, state });
    expect(halted).toEqual(records.map(() => ({ kind: 'held', deferMs: 7 })));
  });

  test('leaves out what has become too old, at the start and while the batch is bisected', async () => {
    const sent: number[] = [];
    const weekAgo = EVENT_TIME - 7 * 86_400;
    const ageing = records.map((record, offset) => {
      if (offset === 99) return recordAt(offset, { eventTime: weekAgo + 61 });
      return offset === 0 || offset === 50 ? recordAt(offset, { eventTime: weekAgo }) : record;
    });
    let now = EVENT_TIME * 1000;
    const { deps } = laneOf(async (part) => {
      sent.push(...part.map(({ offset }) => offset));
      now += 1000;
      if (part.length > 50) return TOO_LARGE;
      return delivered;
    });
    const results = await sendBatch(ageing, { ...deps, now: () => now });
    expect(sent.filter((offset) => offset === 0 || offset === 50)).toEqual([]);
    expect(sent.filter((offset) => offset === 99)).toHaveLength(1);
    const expired = results.flatMap(({ kind }, at) => (kind === 'expired' ? [at] : []));
    expect(expired).toEqual([0, 50, 99]);
    expect(results.filter(({ kind }) => kind === 'delivered')).toHaveLength(97);
  });

  test('settles what was accepted before the next request, and nothing that needs none', async () => {
    const log: string[] = [];
    const { deps } = laneOf(async (part) => {
      log.push(`send ${part.length}`);
      return meta(new Set([99]), false)(part);
    });
    const confirm: OutgoingBatch['confirm'] = async (accepted) => {
      await new Promise(setImmediate);
      log.push(`confirm ${accepted.length}`);
      return [];
    };
    await sendBatch(records, deps, { confirm });
    expect(log).toEqual(
      [
        ['send 100', 'send 50', 'confirm 50', 'send 25', 'confirm 25', 'send 12', 'confirm 12'],
        ['send 6', 'confirm 6', 'send 3', 'confirm 3', 'send 2', 'confirm 2'],
        ['send 1', 'confirm 1', 'send 1'],
      ].flat(),
    );
    log.length = 0;
    await sendBatch(records.slice(0, 99), deps, { confirm });
    expect(log).toEqual(['send 99']);
  });

  test('sends nothing more of an envelope that has gone to another worker', async () => {
    const sent: number[] = [];
    const { deps } = laneOf(async (part) => {
      sent.push(part.length);
      return meta(new Set([99]), false)(part);
    });
    const results = await sendBatch(records, deps, { confirm: async () => records.slice(0, 90) });
    expect(sent.slice(0, 3)).toEqual([100, 50, 10]);
    expect(results.slice(0, 50).every(({ kind }) => kind === 'delivered')).toBe(true);
    expect(results.slice(50, 90).every(({ kind }) => kind === 'held')).toBe(true);
    expect(results[99]?.kind).toBe('rejected');
  });

  test('a lane that is halted sends nothing', async () => {
    const { deps } = laneOf(async () => null);
    const results = await sendBatch(records, deps);
    expect(results).toEqual(records.map(() => ({ kind: 'held', deferMs: null })));
  });
});

/** Offenders are refused alone, and with them the whole request. */
function meta(offenders: ReadonlySet<number>, named: boolean) {
  return async (part: readonly SendableRecord[]): Promise<Outcome> => {
    const index = part.findIndex(({ offset }) => offenders.has(offset));
    if (index < 0) return delivered;
    const refusal = { ...REFUSAL, index: named ? index : null };
    return { kind: 'rejected', tooLarge: false, refusal, field: null };
  };
}

const POLICY = { judged: 20, share: 0.95 };

/** A lane that judges rejections as the worker's does; `seen` counts what it was told. */
function laneOf(
  send: (part: readonly SendableRecord[]) => Promise<Outcome | null>,
  policy = POLICY,
  over: Partial<SenderDeps['state']> = {},
) {
  const seen = { requests: 0, blocked: 0 };
  let judged = EMPTY_HISTORY;
  const deps = sendingDeps((part) => {
    seen.requests += 1;
    return send(part);
  });
  const state: SenderDeps['state'] = {
    ...deps.state,
    onAccepted(events) {
      this.acceptedRequests += 1;
      judged = afterAccepted(judged, events, policy);
    },
    onRejected(refusal, batch) {
      judged = afterRejected(judged, refusal, policy);
      return nearlyAllRejected(judged, batch, refusal, policy);
    },
    resetRejections() {
      judged = EMPTY_HISTORY;
    },
    async block() {
      seen.blocked += 1;
    },
    ...over,
  };
  return { deps: { ...deps, state }, seen };
}

function within(n: number, k: number): number {
  return k === 0 ? 1 : 2 * k * Math.log2(n / k) + 2 * k + 1;
}

const batch = fc
  .integer({ min: 1, max: 1000 })
  .chain((n) => fc.tuple(fc.constant(n), fc.uniqueArray(fc.nat(n - 1), { maxLength: n })));

describe('isolating offenders', () => {
  test.each([true, false])(
    'however many stand wherever, each stands alone in the end, within the bound (named: %s)',
    async (named) => {
      const never = { judged: 100_000, share: 1 };
      await fc.assert(
        fc.asyncProperty(batch, async ([n, places]) => {
          const offenders = new Set(places);
          const { deps, seen } = laneOf(meta(offenders, named), never);
          const results = await sendBatch(all.slice(0, n), deps);
          const kinds = results.map(({ kind }) => kind);
          const expected = kinds.map((_, at) => (offenders.has(at) ? 'rejected' : 'delivered'));
          expect(kinds).toEqual(expected);
          expect(seen.requests).toBeLessThanOrEqual(within(n, offenders.size));
        }),
        { numRuns: 100 },
      );
    },
  );

  const upToHalf = fc
    .integer({ min: 40, max: 1000 })
    .chain((n) =>
      fc.tuple(fc.constant(n), fc.nat(n - 1), fc.integer({ min: 1, max: Math.floor(n / 2) })),
    );

  test.each([true, false])(
    'offenders that stand together do not block a lane that takes the others (named: %s)',
    async (named) => {
      await fc.assert(
        fc.asyncProperty(upToHalf, async ([n, from, k]) => {
          const places = Array.from({ length: k }, (_, at) => (from + at) % n);
          const { deps, seen } = laneOf(meta(new Set(places), named));
          const results = await sendBatch(all.slice(0, n), deps);
          expect(seen.blocked).toBe(0);
          expect(results.filter(({ kind }) => kind === 'rejected')).toHaveLength(k);
          expect(seen.requests).toBeLessThanOrEqual(within(n, k));
        }),
        { numRuns: 100 },
      );
    },
  );

  test.each([true, false])(
    'when all are refused, nothing becomes a dead letter (named: %s)',
    async (named) => {
      const every = new Set(all.map(({ offset }) => offset));
      const { deps, seen } = laneOf(meta(every, named));
      const results = await sendBatch(all, deps);
      expect(seen.blocked).toBe(1);
      expect(results.every(({ kind }) => kind === 'held')).toBe(true);
      expect(seen.requests).toBeLessThan(100);
    },
  );

  test('a lane of single events is blocked before more than the limit become dead letters', async () => {
    const { deps, seen } = laneOf(meta(new Set([0]), true));
    let dead = 0;
    for (let at = 0; at < 50 && seen.blocked === 0; at += 1) {
      const results = await sendBatch(all.slice(0, 1), deps);
      dead += results.filter(({ kind }) => kind === 'rejected').length;
    }
    expect(seen.blocked).toBe(1);
    expect(dead).toBe(POLICY.judged - 1);
  });

  test('a batch under way while another one shows that it is not the events buries nothing either', async () => {
    let requests = 0;
    const lane = laneOf(async () => {
      requests += 1;
      // Meanwhile another batch has blocked the lane: nothing more is sent.
      if (requests > 5) {
        deps.state.halt = { state: 'blocked', why: 'no', rejecting: true, turn: 1, until: 0 };
        return null;
      }
      return { kind: 'rejected', tooLarge: false, refusal: { ...REFUSAL, index: 0 }, field: null };
    });
    const deps = { ...lane.deps, state: { ...lane.deps.state } };
    const results = await sendBatch(all, deps);
    expect(lane.seen.blocked).toBe(0);
    expect(results.every(({ kind }) => kind === 'held')).toBe(true);
  });

  test('a blocked lane that is probed makes no dead letters while it is rejected', async () => {
    const halt = { state: 'blocked', why: 'no', rejecting: true, turn: 1, until: 0 } as const;
    const { deps, seen } = laneOf(meta(new Set(all.map(({ offset }) => offset)), true), POLICY, {
      ...{ phase: 'probing', halt, onRejected: () => false },
    });
    const results = await sendBatch(all, deps);
    expect(seen).toMatchObject({ requests: 19, blocked: 1 });
    expect(results.every(({ kind }) => kind === 'held')).toBe(true);
  });

  test('a lane that a person pauses while it is probed puts nothing off until the pause would end', async () => {
    const blocked = { state: 'blocked', why: 'no', rejecting: true, turn: 1, until: 0 } as const;
    const lane = laneOf(
      async () => {
        deps.state.halt = haltOfPause({ by: 'ana', at: 0, reason: null }, blocked);
        return { kind: 'rejected', tooLarge: false, refusal: REFUSAL, field: null };
      },
      POLICY,
      { phase: 'probing', halt: blocked, onRejected: () => false },
    );
    const deps = { ...lane.deps, state: { ...lane.deps.state } };
    const results = await sendBatch(all, deps);
    expect(results).toEqual(all.map(() => ({ kind: 'held', deferMs: null })));
  });
});

test('offenders that recur sink no batch again, and are asked about all the same', async () => {
  const offenders = new Set([7, 300, 301, 900]);
  const marked = all.map((each, offset) =>
    offenders.has(offset) ? recordAt(offset, { fbc: 'bad' }) : each,
  );
  const named = { kind: 'rejected', tooLarge: false, refusal: REFUSAL, field: 'fbc' } as const;
  const sizes: number[] = [];
  const { deps } = laneOf(
    async (part) => {
      sizes.push(part.length);
      const refused = part.some(({ offset }) => offenders.has(offset));
      return refused ? named : delivered;
    },
    POLICY,
    { onRejected: () => false },
  );
  for (const batch of [1, 2]) {
    sizes.length = 0;
    const results = await sendBatch(marked, deps);
    expect(results.filter(({ kind }) => kind === 'rejected')).toHaveLength(offenders.size);
    expect(results.filter(({ kind }) => kind === 'delivered')).toHaveLength(1000 - offenders.size);
    if (batch === 2) expect([...sizes].sort((a, b) => b - a).slice(0, 2)).toEqual([996, 4]);
  }
  expect(sizes.length).toBeLessThanOrEqual(1 + 2 * offenders.size);
});
