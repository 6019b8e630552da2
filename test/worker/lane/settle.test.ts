import { describe, expect, test } from '@jest/globals';
import type { MetaError } from '#core/outcome/answer.ts';
import { eventIdShown } from '#core/privacy/harmless.ts';
import { recordAt } from '#test/support/batch-sending.ts';
import type { EventResult } from '#worker/lane/outgoing-batch.ts';
import { decide } from '#worker/lane/settle.ts';

const REFUSAL: MetaError = {
  status: 400,
  code: 100,
  subcode: 2804001,
  message: 'no',
  traceId: 'T',
  index: 0,
};
const POLICY = {
  retry: { attempts: 3, baseMs: 1000, capMs: 10_000 },
  marginMs: 60_000,
};
const FACTS = { pixelId: '1', sources: [['track', 7]] as const, failures: 0 };
const MOMENT = { now: 1_763_632_900_000, random: 0, stopping: false };

const DELIVERED: EventResult = { kind: 'delivered' };
const REJECTED: EventResult = { kind: 'rejected', tooLarge: false, refusal: REFUSAL };
const RETRY: EventResult = {
  kind: 'retry',
  outcome: { kind: 'retry', unknown: true, refusal: REFUSAL },
  alone: false,
};
const ALONE: EventResult = { ...RETRY, alone: true };
const held = (deferMs: number | null): EventResult => ({ kind: 'held', deferMs });

describe('what an envelope does next', () => {
  test.each([
    ['all delivered', [DELIVERED, DELIVERED], {}, { kind: 'done' }],
    ['delivered and rejected', [DELIVERED, REJECTED], {}, { kind: 'done' }],
    ['one to retry', [RETRY, RETRY], {}, { kind: 'rest', restMs: 500, why: 'no' }],
    ['one alone to retry', [DELIVERED, ALONE], {}, { kind: 'rest', restMs: 500, why: 'no' }],
    ['some to retry, fewer than before', [DELIVERED, RETRY], {}, { kind: 'defer', waitMs: 500 }],
    ['fewer, and tried often', [DELIVERED, RETRY], { failures: 2 }, { kind: 'defer', waitMs: 500 }],
    ['fewer, some held', [REJECTED, ALONE, held(null)], {}, { kind: 'defer', waitMs: 500 }],
    ['one alone, the last time', [DELIVERED, ALONE], { failures: 2 }, { kind: 'done' }],
    ['to retry once more', [RETRY], { failures: 1 }, { kind: 'rest', restMs: 1000, why: 'no' }],
    ['tried often enough', [RETRY], { failures: 2 }, { kind: 'done' }],
    ['held', [held(null)], { failures: 2 }, { kind: 'release' }],
    ['delivered and held', [DELIVERED, held(null)], {}, { kind: 'release' }],
    ['a probe that failed', [held(700), held(null)], {}, { kind: 'defer', waitMs: 700 }],
    [
      'held in part, failed in part',
      [held(5), RETRY],
      {},
      { kind: 'rest', restMs: 500, why: 'no' },
    ],
    ['interrupted by a stop', [RETRY], { stopping: true, failures: 2 }, { kind: 'release' }],
  ])(
    '%s',
    (_name, results, {
      failures = 0,
      stopping = false,
    }: { failures?: number; stopping?: boolean }, disposition) => {
      const records = results.map((_, index) => recordAt(index));
      const decision = decide(records, results, { ...FACTS, failures }, POLICY, {
        ...MOMENT,
        stopping,
      });
      expect(decision.disposition).toEqual(disposition);
      const { delivered, deadLetters, remaining } = decision;
      expect(delivered + deadLetters.length + remaining.length).toBe(results.length);
    },
  );
});

test('what failed alone goes last, so that the next attempt begins with the others', () => {
  const results: EventResult[] = [ALONE, RETRY, DELIVERED, held(null), ALONE];
  const records = results.map((_, index) => recordAt(index));
  const { remaining } = decide(records, results, FACTS, POLICY, MOMENT);
  expect(remaining.map(({ offset }) => offset)).toEqual([1, 3, 0, 4]);
});

test('a dead letter says what happened and keeps what it takes to send it', () => {
  const rejected = recordAt(42);
  const { deadLetters } = decide([rejected], [REJECTED], FACTS, POLICY, MOMENT);
  expect(deadLetters).toEqual([
    {
      facts: {
        pixelId: '1',
        stage: 'worker',
        reason: 'rejected_by_meta',
        message: 'Meta rejects this event',
        kafka: { topic: 'track', partition: 7, offset: 42, timestamp: 0 },
        diedAt: MOMENT.now,
        horizon: 1_763_632_800 + 7 * 86_400,
        eventName: 'Purchase',
        eventId: eventIdShown('e42'),
        attempts: 1,
        replays: 0,
        refusal: REFUSAL,
        unknown: false,
        holds: 'record',
      },
      content: rejected.line,
    },
  ]);
});

test('what has become too old dies unsent, and the others go on', () => {
  const results: EventResult[] = [{ kind: 'expired' }, DELIVERED, held(null)];
  const { deadLetters, remaining, delivered } = decide(
    results.map((_, index) => recordAt(index)),
    results,
    { ...FACTS, failures: 1 },
    POLICY,
    MOMENT,
  );
  expect(deadLetters.map(({ facts }) => facts)).toMatchObject([
    { reason: 'too_old', attempts: 1, unknown: false, kafka: { offset: 0 } },
  ]);
  expect([delivered, remaining.length]).toEqual([1, 1]);
});

test.each([
  ['long before the horizon', 3_600_000, 500],
  ['near the horizon', 5_200, 200],
  ['at the horizon', 3000, 500],
  ['past the horizon', -1000, 500],
])('%s a rest does not outlive it', (_name, leftMs, restMs) => {
  const horizonMs = (1_763_632_800 + 7 * 86_400) * 1000;
  const now = horizonMs - POLICY.marginMs - leftMs;
  const { disposition } = decide([recordAt(1)], [RETRY], FACTS, POLICY, { ...MOMENT, now });
  expect(disposition).toMatchObject({ kind: 'rest', restMs });
});

test('the last of too many attempts is remembered, and that Meta may have taken it', () => {
  const { deadLetters } = decide([recordAt(1)], [RETRY], { ...FACTS, failures: 2 }, POLICY, MOMENT);
  expect(deadLetters[0]?.facts).toMatchObject({
    reason: 'out_of_retries',
    attempts: 3,
    refusal: REFUSAL,
    unknown: true,
  });
});
