import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mostRequests } from '#core/delivery/poison.ts';
import type { Outcome } from '#core/outcome/answer.ts';
import type { SendableRecord } from '#core/record/record.ts';
import { recordAt, sendBatch, sendingDeps } from '#test/support/batch-sending.ts';
import type { EventResult } from '#worker/lane/outgoing-batch.ts';
import type { SenderDeps } from '#worker/lane/sender.ts';
import { decide } from '#worker/lane/settle.ts';

const SUSPECT = { failures: 2, isolated: false };
const NO_REFUSAL = { code: null, subcode: null, traceId: null, index: null };
const DELIVERED: Outcome = { kind: 'delivered', received: 1, warnings: 0 };
const LATER: Outcome = {
  kind: 'retry',
  unknown: false,
  refusal: { ...NO_REFUSAL, status: 500, code: 2, message: 'Service temporarily unavailable' },
};
const HUNG: Outcome = {
  kind: 'retry',
  unknown: true,
  refusal: { ...NO_REFUSAL, status: 0, message: 'no answer: timeout (response)' },
};
const REFUSED_CONNECTION: Outcome = { ...HUNG, unknown: false };

const all = Array.from({ length: 1000 }, (_, offset) => recordAt(offset));

/** The same numbers in [0, 1) each time: Park and Miller's generator. */
function chance(): () => number {
  let state = 42;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

type Meta = (part: readonly SendableRecord[], request: number) => Outcome;

/** A lane of which nothing but this batch is sent, unless `busy`. */
function laneOf(meta: Meta, { busy = false }: { busy?: boolean } = {}) {
  const seen = { requests: 0, failed: 0, suspects: 0, inARow: 0 };
  const deps = sendingDeps(
    async (part, suspect) => {
      seen.requests += 1;
      if (suspect) seen.suspects += 1;
      if (busy) deps.state.acceptedRequests += 1;
      const outcome = meta(part, seen.requests);
      seen.inARow = outcome.kind === 'delivered' ? 0 : seen.inARow + 1;
      return outcome;
    },
    { random: chance() },
  );
  deps.state.onSuspectFailed = async () => {
    seen.failed += 1;
  };
  return { deps, seen };
}

/** Whatever holds an offender fails, whenever it is sent. */
function offended(offenders: ReadonlySet<number>, outcome = LATER): Meta {
  return (part) => (part.some(({ offset }) => offenders.has(offset)) ? outcome : DELIVERED);
}

function kinds(results: readonly EventResult[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const result of results) {
    const kind = result.kind === 'retry' && result.alone ? 'alone' : result.kind;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

const upTo16 = fc
  .integer({ min: 2, max: 1000 })
  .chain((n) =>
    fc.tuple(
      fc.constant(n),
      fc.uniqueArray(fc.nat(n - 1), { minLength: 1, maxLength: Math.min(16, n >> 1) }),
    ),
  );

describe('a suspect whose lane delivers', () => {
  test.each([
    ['a code', LATER, false],
    ['a code, on a busy lane', LATER, true],
    ['silence', HUNG, false],
  ])(
    'is bisected within the bound when some of its events are always answered with %s',
    async (_name, outcome, busy) => {
      await fc.assert(
        fc.asyncProperty(upTo16, async ([n, places]) => {
          const offenders = new Set(places);
          const { deps, seen } = laneOf(offended(offenders, outcome), { busy });
          const results = await sendBatch(all.slice(0, n), deps, { suspect: SUSPECT });
          const { alone = 0, delivered = 0 } = kinds(results);
          const isolated = alone === offenders.size && delivered === n - offenders.size;
          // Where most are offenders the tests may hit some each time: the rest is the next turn's.
          expect(isolated || seen.inARow >= 4).toBe(true);
          const delivers = results.filter(
            ({ kind }, at) => offenders.has(at) && kind === 'delivered',
          );
          expect(delivers).toEqual([]);
          expect(seen.requests).toBeLessThanOrEqual(mostRequests(n, offenders.size));
          expect(seen.suspects).toBe(seen.requests);
        }),
        { numRuns: 300 },
      );
    },
  );

  const PLACES = {
    'the first': [0],
    'the last': [999],
    'both ends and the middle': [0, 500, 999],
    'ten at both ends': [0, 1, 2, 3, 4, 995, 996, 997, 998, 999],
  };

  test.each(Object.entries(PLACES))('%s of 1,000', async (_name, places) => {
    const { deps, seen } = laneOf(offended(new Set(places)));
    const results = await sendBatch(all, deps, { suspect: SUSPECT });
    const alone = results.flatMap((result, at) =>
      result.kind === 'retry' && result.alone ? [at] : [],
    );
    expect(alone).toEqual(places);
    expect(kinds(results)).toEqual({ alone: places.length, delivered: 1000 - places.length });
    expect(seen.requests).toBeLessThanOrEqual(mostRequests(1000, places.length));
  });

  test('is sent once where nothing is wrong with it', async () => {
    const { deps, seen } = laneOf(() => DELIVERED);
    expect(kinds(await sendBatch(all, deps, { suspect: SUSPECT }))).toEqual({ delivered: 1000 });
    expect(seen).toMatchObject({ requests: 1, failed: 0 });
  });
});

describe('an outage', () => {
  test.each([
    ['an error', LATER, 4],
    ['silence', HUNG, 4],
    ['a connection that is refused', REFUSED_CONNECTION, 1],
  ])('(%s) bisects nothing, and the lane is told', async (_name, outcome, requests) => {
    const { deps, seen } = laneOf(() => outcome);
    const results = await sendBatch(all, deps, { suspect: SUSPECT });
    expect(results.every(({ kind }) => kind === 'retry')).toBe(true);
    expect(seen).toMatchObject({ requests, failed: 1 });
  });

  test('that begins while a suspect is bisected ends that within as many requests as it took', async () => {
    for (let begins = 2; begins < 20; begins += 1) {
      const meta = offended(new Set([617]));
      const { deps, seen } = laneOf((part, at) => (at < begins ? meta(part, at) : LATER));
      const results = await sendBatch(all, deps, { suspect: SUSPECT });
      expect(seen.requests).toBeLessThanOrEqual(2 * begins + 4);
      const { delivered = 0, retry = 0, alone = 0, held = 0 } = kinds(results);
      expect(delivered + retry + alone + held).toBe(1000);
    }
  });

  test('costs no attempt once the lane halts for it', async () => {
    const { deps } = laneOf(() => LATER);
    let phase: SenderDeps['state']['phase'] = 'active';
    const state = Object.defineProperty({ ...deps.state }, 'phase', { get: () => phase });
    state.onSuspectFailed = async () => {
      phase = 'halted';
    };
    const results = await sendBatch(all, { ...deps, state }, { suspect: SUSPECT });
    expect(kinds(results)).toEqual({ held: 1000 });
  });

  test('is not told by events that have been isolated, which go one by one', async () => {
    const { deps, seen } = laneOf(offended(new Set([0, 1, 2])));
    const isolated = { failures: 5, isolated: true };
    expect(kinds(await sendBatch(all.slice(0, 4), deps, { suspect: isolated }))).toEqual({
      alone: 3,
      delivered: 1,
    });
    expect(seen).toMatchObject({ requests: 4, failed: 0 });
  });

  test('of a batch that never failed before takes one request', async () => {
    const { deps, seen } = laneOf(() => LATER);
    expect(kinds(await sendBatch(all, deps))).toEqual({ retry: 1000 });
    expect(seen).toMatchObject({ requests: 1, failed: 0 });
  });
});

const POLICY = {
  retry: { attempts: 12, baseMs: 1000, capMs: 10_000 },
  marginMs: 60_000,
};

/** An envelope on its way, attempt after attempt, until all of its events have their result. */
async function journey(meta: Meta, options: { busy: boolean }) {
  const { deps, seen } = laneOf(meta, options);
  const dead: number[] = [];
  let left: readonly SendableRecord[] = all;
  let delivered = 0;
  let failures = 2;
  let isolated = false;
  while (left.length > 0) {
    const results = await sendBatch(left, deps, { suspect: { failures, isolated } });
    const facts = { pixelId: '1', sources: [['track', 7]] as const, failures };
    const moment = { now: 1_763_632_900_000, random: 0, stopping: false };
    const decision = decide(left, results, facts, POLICY, moment);
    for (const { facts: death } of decision.deadLetters) {
      expect(death).toMatchObject({ reason: 'out_of_retries', refusal: { code: 2 } });
      expect(death.refusal?.message).toBe('Service temporarily unavailable');
      dead.push(death.kafka.offset);
    }
    delivered += decision.delivered;
    left = decision.remaining;
    isolated ||= decision.isolated;
    if (decision.disposition.kind === 'rest') failures += 1;
  }
  return { dead: dead.sort((a, b) => a - b), delivered, requests: seen.requests };
}

describe('an envelope with offenders, over all of its attempts', () => {
  const cases = [1, 3, 10, 16, 100, 300, 990].flatMap((k) => [
    { k, places: 'all over', at: Array.from({ length: k }, (_, i) => Math.floor((i * 1000) / k)) },
    { k, places: 'side by side', at: Array.from({ length: k }, (_, i) => i) },
    { k, places: 'at the end', at: Array.from({ length: k }, (_, i) => 1000 - k + i) },
  ]);

  test.each(cases.flatMap((each) => [true, false].map((busy) => ({ ...each, busy }))))(
    '$k $places, busy $busy: they die, and nothing else does',
    async ({ k, at, busy }) => {
      const { dead, delivered, requests } = await journey(offended(new Set(at)), { busy });
      expect(dead).toEqual(at);
      expect(delivered).toBe(1000 - k);
      // To isolate them, and to try each of them again at every attempt that is left.
      expect(requests).toBeLessThanOrEqual(mostRequests(1000, k) + 10 * (2 * k + 3));
    },
  );
});
