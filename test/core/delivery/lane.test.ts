import { describe, expect, test } from '@jest/globals';
import {
  afterRequest,
  afterSuspectFailure,
  type BreakerPolicy,
  type BreakerState,
  CLOSED,
  trips,
} from '#core/delivery/breaker.ts';
import {
  drawProbe,
  type Halt,
  type HaltCause,
  haltAfter,
  haltOfPause,
  haltWords,
  phaseOf,
  probeSize,
} from '#core/delivery/halt.ts';

const PAUSE = { by: 'ana@ops', at: Date.UTC(2026, 10, 28, 3, 20, 59), reason: 'wrong prices' };

describe('a breaker', () => {
  const policy: BreakerPolicy = { failures: 3, share: 0.5, requests: 6 };

  /** `x` a failure, `.` a good answer. */
  function state(requests: string): BreakerState {
    return [...requests].reduce(
      (before, each) => afterRequest(before, each === 'x', policy),
      CLOSED,
    );
  }

  test.each([
    ['', false],
    ['xx', false],
    ['xxx', true],
    ['xx.xx', false],
    ['xx.xxx', true],
    ['x.x.x', false],
    ['x.x.x.', true],
    ['x.x...', false],
    ['xx.....x.x', false],
    ['......x.x.xx', true],
  ])('after "%s": is halted %s', (requests, expected) => {
    expect(trips(state(requests), policy)).toBe(expected);
  });

  test.each([
    ['xx', 1, true],
    ['xx.', 2, false],
    ['', 3, true],
    ['.x.x.x.x', 1, false],
  ])('after "%s" and %i suspects that failed: halts %s', (requests, suspects, expected) => {
    let after = state(requests);
    for (let each = 0; each < suspects; each += 1) after = afterSuspectFailure(after);
    expect(trips(after, { ...policy, share: 1 })).toBe(expected);
    expect(trips(afterRequest(after, false, policy), { ...policy, share: 1 })).toBe(false);
  });

  test('remembers no more than it needs', () => {
    expect(state('.'.repeat(1000)).recent).toHaveLength(6);
  });
});

describe('a halt', () => {
  const policy = {
    throttleMs: 60_000,
    leastThrottleMs: 500,
    probeMs: 30_000,
    failingMs: 1000,
    capMs: 8000,
  };
  const NOW = 1_763_632_800_000;
  const failing: HaltCause = { state: 'failing', why: 'no answer' };
  const blocked: HaltCause = { state: 'blocked', why: 'token', rejecting: false };
  const throttled = (waitMs: number | null): HaltCause => ({
    state: 'throttled',
    why: 'calls',
    waitMs,
  });
  const halted = (over: Partial<Halt>): Halt => ({
    state: 'failing',
    why: 'before',
    rejecting: false,
    turn: 3,
    until: NOW + 5000,
    ...over,
  });

  test.each<[string, Halt | null, HaltCause, { turn: number; waitMs: number; state?: string }]>([
    ['first failure', null, failing, { turn: 1, waitMs: 1000 }],
    ['a probe fails', halted({ turn: 1, until: NOW }), failing, { turn: 2, waitMs: 2000 }],
    ['a later probe fails', halted({ turn: 3, until: NOW }), failing, { turn: 4, waitMs: 8000 }],
    ['never longer', halted({ turn: 90, until: NOW }), failing, { turn: 91, waitMs: 8000 }],
    ['another one while it stands', halted({}), failing, { turn: 3, waitMs: 5000 }],
    ['Meta says how long', null, throttled(1234), { turn: 1, waitMs: 1234 }],
    ['Meta does not', null, throttled(null), { turn: 1, waitMs: 60_000 }],
    ['a longer wait holds', halted({}), throttled(9000), { turn: 3, waitMs: 9000 }],
    ['a shorter one does not', halted({}), throttled(4000), { turn: 3, waitMs: 5000 }],
    ['Meta says not at all', null, throttled(0), { turn: 1, waitMs: 500 }],
    ['Meta says hardly', null, throttled(1), { turn: 1, waitMs: 500 }],
    ['and again', halted({ turn: 1, until: NOW }), throttled(0), { turn: 2, waitMs: 1000 }],
    ['and again', halted({ turn: 4, until: NOW }), throttled(0), { turn: 5, waitMs: 8000 }],
    ['never longer', halted({ turn: 900, until: NOW }), throttled(0), { turn: 901, waitMs: 8000 }],
    ['but by what Meta says', halted({ until: NOW }), throttled(9000), { turn: 4, waitMs: 9000 }],
    ['a token is refused', null, blocked, { turn: 1, waitMs: 30_000 }],
    ['and again', halted({ state: 'blocked', until: NOW }), blocked, { turn: 4, waitMs: 30_000 }],
  ])('%s', (_name, previous, cause, { turn, waitMs }) => {
    const halt = haltAfter(previous, cause, policy, NOW);
    expect(halt).toMatchObject({ turn, until: NOW + waitMs });
    expect(halt === previous || halt.state === cause.state).toBe(true);
  });

  test.each([
    [null, 10],
    [halted({ turn: 1 }), 10],
    [halted({ turn: 2 }), 5],
    [halted({ turn: 3 }), 2],
    [halted({ turn: 4 }), 1],
    [halted({ turn: 5000 }), 1],
    [halted({ turn: 9, state: 'throttled' }), 10],
    [halted({ turn: 9, state: 'blocked' }), 10],
  ])('%j is probed with %i events', (halt, size) => {
    expect(probeSize(halt, 10)).toBe(size);
  });

  test.each([
    [0, [0, 1]],
    [0.5, [2, 3]],
    [0.999_999, [3, 4]],
  ])('a probe is drawn at %d, and nothing is lost of the rest', (random, drawn) => {
    const events = [0, 1, 2, 3, 4];
    const [probe = [], rest = []] = drawProbe(events, 2, random);
    expect(probe).toEqual(drawn);
    expect([...probe, ...rest].sort()).toEqual(events);
    expect(drawProbe(events, 10, random)).toEqual([events, []]);
  });

  test.each([
    [null, 'active'],
    [halted({ until: NOW + 1 }), 'halted'],
    [halted({ until: NOW }), 'probing'],
    [halted({ state: 'paused', until: NOW - 1 }), 'halted'],
  ])('%j is %s', (halt, phase) => {
    expect(phaseOf(halt, NOW)).toBe(phase);
  });

  test.each<[string, HaltCause]>([
    ['a wait that Meta asks for', { state: 'throttled', why: 'slow down', waitMs: 1e15 }],
    ['a dead token', { state: 'blocked', why: 'expired', rejecting: false }],
    ['no answer', { state: 'failing', why: 'HTTP 500' }],
  ])('%s changes nothing of a paused lane', (_name, cause) => {
    const paused = haltOfPause(PAUSE, null);
    expect(haltAfter(paused, cause, policy, NOW)).toBe(paused);
  });

  test.each([
    [PAUSE, 'paused by ana@ops since 2026-11-28 03:20 UTC: wrong prices'],
    [{ ...PAUSE, reason: null }, 'paused by ana@ops since 2026-11-28 03:20 UTC'],
  ])('%j says who paused it, since when and why', (pause, words) => {
    expect(haltWords(haltOfPause(pause, null))).toBe(words);
  });

  test('a paused lane that was blocked for what it rejects keeps that of its last probe', () => {
    expect(haltOfPause(PAUSE, halted({ rejecting: true })).rejecting).toBe(true);
    expect(haltWords(halted({ state: 'blocked', why: 'expired. ' }))).toBe('blocked (expired)');
  });
});
