import { describe, expect, test } from '@jest/globals';
import {
  afterRequest,
  type BreakerPolicy,
  type BreakerState,
  CALM,
  trips,
} from '#core/delivery/breaker.ts';
import { type Halt, type HaltCause, haltAfter, phaseOf } from '#core/delivery/halt.ts';

describe('a breaker', () => {
  const policy: BreakerPolicy = { failures: 3, share: 0.5, requests: 6 };

  /** `x` a failure, `.` a good answer. */
  function state(requests: string): BreakerState {
    return [...requests].reduce((before, each) => afterRequest(before, each === 'x', policy), CALM);
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
  ])('after "%s": stands still %s', (requests, expected) => {
    expect(trips(state(requests), policy)).toBe(expected);
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
    [null, 'open'],
    [halted({ until: NOW + 1 }), 'halted'],
    [halted({ until: NOW }), 'probing'],
  ])('%j is %s', (halt, phase) => {
    expect(phaseOf(halt, NOW)).toBe(phase);
  });
});
