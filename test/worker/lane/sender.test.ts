import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OffenderPatterns } from '#core/delivery/offender-patterns.ts';
import {
  afterAccepted,
  afterRejected,
  EMPTY_HISTORY,
  nearlyAllRejected,
} from '#core/delivery/rejections.ts';
import type { MetaError, Outcome } from '#core/outcome/answer.ts';
import { hashRecord, type SendableRecord, writeRecord } from '#core/record/record.ts';
import { Batcher } from '#worker/lane/batcher.ts';
import type { DeliveryRules } from '#worker/lane/delivery-rules.ts';
import { deliver } from '#worker/lane/sender.ts';

const REFUSAL: MetaError = {
  status: 400,
  code: 100,
  subcode: 2804001,
  message: 'no',
  traceId: 'T',
  index: null,
};

const TOO_LARGE: Outcome = { kind: 'rejected', tooLarge: true, refusal: REFUSAL, field: null };

function record(offset: number, fbc?: string): SendableRecord {
  const clear = {
    event_name: 'Purchase',
    event_time: 1_763_632_800,
    event_id: `e${offset}`,
    action_source: 'website' as const,
    user_data: fbc === undefined ? {} : { fbc },
  };
  const line = writeRecord({ clear, personal: {} }, { offset, timestamp: 0 }, 0);
  return hashRecord(Buffer.from(line));
}

const all = Array.from({ length: 1000 }, (_, offset) => record(offset));
const records = all.slice(0, 100);
const confirm = async () => true;
const delivered: Outcome = { kind: 'delivered', received: 1, warnings: 0 };

describe('delivering a batch', () => {
  test('keeps what was not answered yet once it is told to wait', async () => {
    let requests = 0;
    const { rules } = laneOf(async (part) => {
      requests += 1;
      if (requests === 1) return TOO_LARGE;
      if (requests === 2) return delivered;
      expect(part).toHaveLength(50);
      return { kind: 'throttled', waitMs: null, refusal: REFUSAL };
    });
    const fates = await deliver(records, rules);
    expect(requests).toBe(3);
    expect(fates.slice(0, 50).every(({ kind }) => kind === 'delivered')).toBe(true);
    expect(fates.slice(50).every(({ kind }) => kind === 'held')).toBe(true);
  });

  test('counts an attempt only for what was sent, and only while the lane runs', async () => {
    const { rules } = laneOf(async (part) => {
      if (part.length > 50) return TOO_LARGE;
      return { kind: 'retry', unknown: true, refusal: REFUSAL };
    });
    const fates = await deliver(records, rules);
    expect(fates.slice(0, 50).every(({ kind }) => kind === 'retry')).toBe(true);
    expect(fates.slice(50).every(({ kind }) => kind === 'held')).toBe(true);
    const halted = await deliver(records, { ...rules, halted: () => true, behindMs: () => 7 });
    expect(halted).toEqual(records.map(() => ({ kind: 'held', behindMs: 7 })));
  });

  test('leaves out what has become too old, at the start and while the batch is taken apart', async () => {
    const sent: number[] = [];
    const late = new Set([0, 50]);
    const { rules } = laneOf(async (part) => {
      sent.push(...part.map(({ offset }) => offset));
      late.add(99);
      if (part.length > 50) return TOO_LARGE;
      return delivered;
    });
    const fates = await deliver(records, { ...rules, tooLate: ({ offset }) => late.has(offset) });
    expect(sent.filter((offset) => offset === 0 || offset === 50)).toEqual([]);
    expect(sent.filter((offset) => offset === 99)).toHaveLength(1);
    const expired = fates.flatMap(({ kind }, at) => (kind === 'expired' ? [at] : []));
    expect(expired).toEqual([0, 50, 99]);
    expect(fates.filter(({ kind }) => kind === 'delivered')).toHaveLength(97);
  });

  test('settles what was accepted before the next request, and nothing that needs none', async () => {
    const log: string[] = [];
    const { rules } = laneOf(async (part) => {
      log.push(`send ${part.length}`);
      return meta(new Set([99]), false)(part);
    });
    const confirm: DeliveryRules['confirm'] = async (accepted) => {
      await new Promise(setImmediate);
      log.push(`confirm ${accepted.length}`);
      return [];
    };
    await deliver(records, { ...rules, confirm });
    expect(log).toEqual(
      [
        ['send 100', 'send 50', 'confirm 50', 'send 25', 'confirm 25', 'send 12', 'confirm 12'],
        ['send 6', 'confirm 6', 'send 3', 'confirm 3', 'send 2', 'confirm 2'],
        ['send 1', 'confirm 1', 'send 1'],
      ].flat(),
    );
    log.length = 0;
    await deliver(records.slice(0, 99), { ...rules, confirm });
    expect(log).toEqual(['send 99']);
  });

  test('sends nothing more of an envelope that has gone to another worker', async () => {
    const sent: number[] = [];
    const { rules } = laneOf(async (part) => {
      sent.push(part.length);
      return meta(new Set([99]), false)(part);
    });
    const fates = await deliver(records, { ...rules, confirm: async () => records.slice(0, 90) });
    expect(sent.slice(0, 3)).toEqual([100, 50, 10]);
    expect(fates.slice(0, 50).every(({ kind }) => kind === 'delivered')).toBe(true);
    expect(fates.slice(50, 90).every(({ kind }) => kind === 'held')).toBe(true);
    expect(fates[99]?.kind).toBe('rejected');
  });

  test('a lane that stands still sends nothing', async () => {
    const { rules } = laneOf(async () => null);
    const fates = await deliver(records, rules);
    expect(fates).toEqual(records.map(() => ({ kind: 'held', behindMs: null })));
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

/** A lane that judges as the worker's does; `blocked` counts how often it was called so. */
function laneOf(
  send: (part: readonly SendableRecord[]) => Promise<Outcome | null>,
  policy = POLICY,
) {
  const seen = { requests: 0, blocked: 0, failed: 0, accepted: 0 };
  let judged = EMPTY_HISTORY;
  const rules: DeliveryRules = {
    tooLate: () => false,
    divide: (all) => [all],
    separate: (some) => [some],
    send: (part) => {
      seen.requests += 1;
      return send(part);
    },
    confirm: async () => [],
    deliveries: () => seen.accepted,
    failed: async () => {
      seen.failed += 1;
    },
    random: () => 0.4,
    accepted: (part) => {
      seen.accepted += 1;
      judged = afterAccepted(judged, part.length, policy);
    },
    refused: (_record, { refusal }, batch) => {
      judged = afterRejected(judged, refusal, policy);
      return nearlyAllRejected(judged, batch, refusal, policy);
    },
    reassured: () => {
      judged = EMPTY_HISTORY;
    },
    block: async () => {
      seen.blocked += 1;
    },
    doubtful: () => false,
    halted: () => false,
    behindMs: () => null,
  };
  return { rules, seen };
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
          const { rules, seen } = laneOf(meta(offenders, named), never);
          const fates = await deliver(all.slice(0, n), rules);
          fates.forEach((fate, offset) => {
            expect(fate.kind).toBe(offenders.has(offset) ? 'rejected' : 'delivered');
          });
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
          const { rules, seen } = laneOf(meta(new Set(places), named));
          const fates = await deliver(all.slice(0, n), rules);
          expect(seen.blocked).toBe(0);
          expect(fates.filter(({ kind }) => kind === 'rejected')).toHaveLength(k);
          expect(seen.requests).toBeLessThanOrEqual(within(n, k));
        }),
        { numRuns: 100 },
      );
    },
  );

  test.each([true, false])('when all are refused, nothing is buried (named: %s)', async (named) => {
    const every = new Set(all.map(({ offset }) => offset));
    const { rules, seen } = laneOf(meta(every, named));
    const fates = await deliver(all, rules);
    expect(seen.blocked).toBe(1);
    expect(fates.every(({ kind }) => kind === 'held')).toBe(true);
    expect(seen.requests).toBeLessThan(100);
  });

  test('a lane of single events is blocked before more than the limit is buried', async () => {
    const { rules, seen } = laneOf(meta(new Set([0]), true));
    let buried = 0;
    for (let at = 0; at < 50 && seen.blocked === 0; at += 1) {
      const fates = await deliver(all.slice(0, 1), rules);
      buried += fates.filter(({ kind }) => kind === 'rejected').length;
    }
    expect(seen.blocked).toBe(1);
    expect(buried).toBe(POLICY.judged - 1);
  });

  test('a blocked lane that is probed buries nothing while it is refused', async () => {
    const { rules, seen } = laneOf(meta(new Set(all.map(({ offset }) => offset)), true));
    const probe = { ...rules, refused: () => false, doubtful: () => true };
    const divide = (some: readonly SendableRecord[]) => [some.slice(0, 10), some.slice(10)];
    const fates = await deliver(all, { ...probe, divide });
    expect(seen).toMatchObject({ requests: 19, blocked: 1 });
    expect(fates.every(({ kind }) => kind === 'held')).toBe(true);
  });
});

describe('gathering', () => {
  function gathererOf(maxEvents: number, requests = 2) {
    const batches: { offsets: number[]; trigger: string }[] = [];
    const open: (() => void)[] = [];
    const gatherer = new Batcher({
      limits: { maxEvents, maxBytes: 1_000_000 },
      lingerMs: 5,
      pace: { allowed: requests, gapMs: 0 },
      slots: (work) => void work(),
      send: async (sent, trigger) => {
        batches.push({ offsets: sent.map(({ offset }) => offset), trigger });
        await new Promise<void>((resolve) => open.push(resolve));
        return sent.map(() => ({ kind: 'delivered' }));
      },
    });
    return { gatherer, batches, open };
  }

  test('puts whole envelopes together until a batch is full', async () => {
    const { gatherer, batches, open } = gathererOf(5);
    const first = gatherer.deliver(records.slice(0, 3), confirm);
    const second = gatherer.deliver(records.slice(3, 5), confirm);
    const third = gatherer.deliver(records.slice(5, 7), confirm);
    gatherer.drain();
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
    const { gatherer, batches, open } = gathererOf(4, 9);
    const fates = gatherer.deliver(records.slice(0, 10), confirm);
    gatherer.drain();
    open.forEach((answer) => {
      answer();
    });
    expect(await fates).toHaveLength(10);
    expect(batches.map(({ offsets }) => offsets.length)).toEqual([4, 4, 2]);
  });

  test('has no more requests under way than it may', async () => {
    const { gatherer, batches, open } = gathererOf(1, 2);
    const all = Promise.all(records.slice(0, 6).map((each) => gatherer.deliver([each], confirm)));
    expect(batches).toHaveLength(2);
    while (batches.length < 6 || open.length > 0) {
      open.shift()?.();
      await new Promise(setImmediate);
    }
    expect(await all).toHaveLength(6);
  });
});

test('offenders that recur sink no batch again, and are asked about all the same', async () => {
  const screening = new OffenderPatterns();
  const offenders = new Set([7, 300, 301, 900]);
  const marked = all.map((each, offset) => (offenders.has(offset) ? record(offset, 'bad') : each));
  const named = { kind: 'rejected', tooLarge: false, refusal: REFUSAL, field: 'fbc' } as const;
  const sizes: number[] = [];
  const { rules } = laneOf(async (part) => {
    sizes.push(part.length);
    const refused = part.some(({ offset }) => offenders.has(offset));
    return refused ? named : delivered;
  });
  const screened: DeliveryRules = {
    ...rules,
    separate: (some) => screening.separate(some),
    refused: (one, { field }) => {
      screening.refused(one, field);
      return false;
    },
    accepted: (some) => screening.accepted(some),
  };
  for (const batch of [1, 2]) {
    sizes.length = 0;
    const fates = await deliver(marked, screened);
    expect(fates.filter(({ kind }) => kind === 'rejected')).toHaveLength(offenders.size);
    expect(fates.filter(({ kind }) => kind === 'delivered')).toHaveLength(1000 - offenders.size);
    if (batch === 2) expect([...sizes].sort((a, b) => b - a).slice(0, 2)).toEqual([996, 4]);
  }
  expect(sizes.length).toBeLessThanOrEqual(1 + 2 * offenders.size);
});
