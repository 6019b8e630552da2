import { describe, expect, test } from '@jest/globals';
import {
  afterAnswer,
  type ConcurrencyState,
  gapMs,
  type RequestSample,
  requestsAllowed,
  restarted,
  startConcurrency,
} from '#core/delivery/concurrency.ts';
import { usageOf } from '#core/outcome/rate-headers.ts';

const POLICY = { most: 32, usageFrom: 75 };
const CALM: RequestSample = {
  startedAt: 10_000,
  now: 10_100,
  events: 1000,
  pressure: false,
  underWay: 8,
  usage: 0,
};

/** A state at a limit whose requests of 1,000 events take 100 ms when calm. */
function at(limit: number): ConcurrencyState {
  return { limit, latencies: { 9: { nowMs: 100, baselineMs: 100 } }, shrunkAt: 0, usage: 0 };
}

describe('the limit of requests', () => {
  test.each<[string, ConcurrencyState, Partial<RequestSample>, number]>([
    ['grows while answers are calm', at(8), {}, 8.125],
    ['grows to the most', at(32), { underWay: 32 }, 32],
    ['stays while it is not in use', at(8), { underWay: 3 }, 8],
    ['halves under pressure', at(8), { pressure: true }, 4],
    ['is never less than one', at(1), { pressure: true }, 1],
    ['shrinks to where nothing queues', at(8), { now: 10_400 }, (8 * 100.2) / 175],
    ['forgives one slow answer of a little', at(8), { now: 10_160 }, 8.125],
    ['begins with an unknown size as calm', at(8), { events: 3, now: 19_000 }, 8.125],
    ['shrinks once a round', { ...at(8), shrunkAt: 10_001 }, { pressure: true }, 8],
    ['shrinks once a round for queueing', { ...at(8), shrunkAt: 10_001 }, { now: 10_500 }, 8],
  ])('%s', (_name, state, answer, limit) => {
    expect(afterAnswer(state, { ...CALM, ...answer }, POLICY).limit).toBeCloseTo(limit, 6);
  });

  test('begins small, and with one after the lane was halted', () => {
    expect(requestsAllowed(startConcurrency(POLICY), POLICY)).toBe(4);
    expect(startConcurrency({ ...POLICY, most: 2 }).limit).toBe(2);
    expect(restarted(at(20), 5).limit).toBe(1);
  });

  test.each([
    [0, 20, 0],
    [74, 20, 0],
    [75, 20, 0],
    [80, 16, 200],
    [90, 8, 1800],
    [100, 1, 5000],
    [250, 1, 5000],
  ])('at %i percent usage: %i requests, %i ms apart', (usage, requests, gap) => {
    const state = afterAnswer(at(20), { ...CALM, underWay: 1, usage }, POLICY);
    expect(requestsAllowed(state, POLICY)).toBe(requests);
    expect(gapMs(state, POLICY)).toBe(gap);
  });
});

describe('usage headers', () => {
  test.each([
    [{}, 0],
    [{ 'x-app-usage': '{"call_count":28,"total_time":25,"total_cputime":31}' }, 31],
    [{ 'x-business-use-case-usage': '{"1":[{"type":"ads","call_count":96.5}]}' }, 96.5],
    [{ 'x-ad-account-usage': '{"acc_id_util_pct":9.67}', 'x-app-usage': '{"call_count":1}' }, 9.67],
    [{ 'x-app-usage': 'nonsense "call_count"' }, 0],
    [{ 'x-business-use-case-usage': '{"1":[{"estimated_time_to_regain_access":500}]}' }, 0],
  ])('%j: %d percent', (headers, usage) => {
    expect(usageOf({ kind: 'answered', status: 200, headers, body: '' })).toBe(usage);
  });

  test('no answer, no usage', () => {
    expect(usageOf({ kind: 'unanswered', cause: 'network', sent: true, code: 'X' })).toBe(0);
  });
});

/**
 * A lane that always has something to send, against a server that answers `capacity` requests at
 * once in `calmMs` each and lets the others queue; beyond `timeoutMs` the request fails.
 */
function simulate(server: { capacity: number; calmMs: number; timeoutMs: number }, from: number) {
  let state: ConcurrencyState = { ...startConcurrency(POLICY), limit: from };
  let now = 0;
  let failures = 0;
  const limits: number[] = [];
  const slots = new Array<number>(server.capacity).fill(0);
  const underWay: { startedAt: number; endsAt: number }[] = [];
  for (let answered = 0; answered < 6000; answered += 1) {
    while (underWay.length < requestsAllowed(state, POLICY)) {
      slots.sort((a, b) => a - b);
      const begins = Math.max(slots[0] ?? 0, now);
      slots[0] = begins + server.calmMs;
      underWay.push({ startedAt: now, endsAt: begins + server.calmMs });
    }
    underWay.sort((a, b) => a.endsAt - b.endsAt);
    const first = underWay.shift() ?? { startedAt: now, endsAt: now };
    const pressure = first.endsAt - first.startedAt > server.timeoutMs;
    failures += pressure ? 1 : 0;
    now = Math.max(first.endsAt, now);
    const course = { events: 1000, underWay: underWay.length + 1, usage: 0, pressure };
    state = afterAnswer(state, { ...course, startedAt: first.startedAt, now }, POLICY);
    limits.push(requestsAllowed(state, POLICY));
  }
  const late = limits.slice(-3000);
  const mean = late.reduce((sum, limit) => sum + limit, 0) / late.length;
  return { mean, worst: Math.max(...late), lateFailures: failures };
}

describe('against a server that queues', () => {
  test.each([
    [2, 1],
    [6, 1],
    [6, 32],
    [12, 4],
    [12, 32],
  ])('capacity %i, from %i: the limit comes to use it and lets little queue', (capacity, from) => {
    const { mean, worst } = simulate({ capacity, calmMs: 200, timeoutMs: 10_000 }, from);
    expect(mean).toBeGreaterThanOrEqual(capacity * 0.9);
    expect(mean).toBeLessThanOrEqual(capacity * 1.6);
    expect(worst).toBeLessThanOrEqual(capacity * 2 + 2);
  });

  test('a server without limits is used as far as allowed', () => {
    expect(simulate({ capacity: 1000, calmMs: 200, timeoutMs: 10_000 }, 1).mean).toBe(32);
  });

  test('timeouts make way for answers', () => {
    const { mean, lateFailures } = simulate({ capacity: 3, calmMs: 200, timeoutMs: 500 }, 32);
    expect(mean).toBeLessThanOrEqual(6);
    expect(lateFailures).toBeLessThan(60);
  });
});
