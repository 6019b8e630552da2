import { describe, expect, test } from '@jest/globals';
import type { EventQuality, QualityFailure } from '#core/quality/dataset-quality.ts';
import { applyAnswer, dayOf, isDue, type QualityRecord, usualScore } from '#core/quality/record.ts';
import { eventQuality } from '#test/support/event-quality.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 24, 12);
const REFUSED: QualityFailure = {
  kind: 'refused',
  code: 10,
  subcode: null,
  message: '(#10) no permission',
  waitMs: null,
};

const told = (events: readonly EventQuality[]) => ({ ok: true, events }) as const;
const failed = (change: Partial<QualityFailure> = {}) =>
  ({ ok: false, failure: { ...REFUSED, ...change } }) as const;

/** The record after these scores of Purchase, one a day, of which the last is of today. */
function recordOf(scores: readonly (number | null)[]): QualityRecord {
  const start = NOW - (scores.length - 1) * DAY_MS;
  const record = scores.reduce<QualityRecord | null>(
    (before, score, index) =>
      applyAnswer(before, told([eventQuality({ score })]), start + index * DAY_MS, HOUR_MS),
    null,
  );
  if (record === null) throw new Error('there are no scores');
  return record;
}

describe('the usual score', () => {
  test.each<[string, (number | null)[], number | null]>([
    ['is not known on the first day', [8], null],
    ['nor on the third, which has two before it', [8, 8, 2], null],
    ['is the median of the days before today', [8, 2, 9, 1], 8],
    ['or lies between the two in the middle', [6, 7, 8, 9, 1], 7.5],
    ['leaves out days without a score', [8, null, 6, 7, 1], 7],
    ['knows fourteen days', [0, 0, ...new Array<number>(14).fill(9), 1], 9],
  ])('%s', (_, scores, expected) => {
    expect(usualScore(recordOf(scores).history, 'Purchase', NOW)).toBe(expected);
  });

  test('is that of the event asked for', () => {
    expect(usualScore(recordOf([8, 8, 8, 8]).history, 'Lead', NOW)).toBeNull();
  });

  test('counts each day once, with its last score', () => {
    const record = applyAnswer(recordOf([8, 8, 8, 8]), told([eventQuality({ score: 5 })]), NOW, 1);
    expect(record.history).toEqual([
      {
        eventName: 'Purchase',
        days: [8, 8, 8, 5].map((score, index) => ({ day: dayOf(NOW) - 3 + index, score })),
      },
    ]);
  });

  test('forgets what a clock that was ahead wrote', () => {
    const ahead = applyAnswer(null, told([eventQuality({})]), NOW + 90 * DAY_MS, HOUR_MS);
    const { history } = applyAnswer(ahead, told([eventQuality({})]), NOW, HOUR_MS);
    expect(history[0]?.days.map(({ day }) => day)).toEqual([dayOf(NOW)]);
  });

  test('keeps no more than 200 names, and of `__proto__` too', () => {
    const names = [...Array.from({ length: 500 }, (_, n) => `Custom ${n}`), '__proto__'];
    const events = names.map((eventName) => eventQuality({ eventName }));
    const { history } = applyAnswer(null, told(events), NOW, HOUR_MS);
    expect(history).toHaveLength(200);
    expect(history.at(-1)?.eventName).toBe('__proto__');
  });
});

describe('after a failure', () => {
  const before = recordOf([8]);

  test('the last answer stays, with its time and the reason', () => {
    const record = applyAnswer(before, failed(), NOW + HOUR_MS, HOUR_MS);
    expect(record).toMatchObject({
      askedAt: NOW + HOUR_MS,
      answeredAt: NOW,
      failures: 1,
      failure: REFUSED,
      events: before.events,
      history: before.history,
    });
  });

  test('the next answer ends it', () => {
    const record = applyAnswer(applyAnswer(before, failed(), NOW, 1), told([]), NOW + 5, HOUR_MS);
    expect(record).toMatchObject({ answeredAt: NOW + 5, failures: 0, failure: null, events: [] });
  });

  test.each<[string, number, Partial<QualityFailure>, number]>([
    ['the first is asked again at the usual time', 1, {}, HOUR_MS],
    ['each in a row doubles the wait', 4, {}, 8 * HOUR_MS],
    ['up to a day', 50, {}, DAY_MS],
    ['what Meta asks for counts where it is longer', 1, { waitMs: 2 * HOUR_MS }, 2 * HOUR_MS],
    ['and not where it is shorter', 4, { waitMs: 5 }, 8 * HOUR_MS],
  ])('%s', (_, failures, change, wait) => {
    let record: QualityRecord | null = null;
    for (let n = 0; n < failures; n += 1)
      record = applyAnswer(record, failed(change), NOW, HOUR_MS);
    expect((record?.nextAt ?? 0) - NOW).toBe(wait);
  });
});

test.each<[string, number, boolean]>([
  ['not yet', NOW + 1, false],
  ['now', NOW, true],
  ['after a clock jumped back', NOW + 3 * DAY_MS, true],
])('asking again: %s', (_, nextAt, due) => {
  expect(isDue({ ...recordOf([8]), nextAt }, NOW, HOUR_MS)).toBe(due);
});
