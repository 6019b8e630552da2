import { describe, expect, test } from '@jest/globals';
import { type Halt, haltOfPause } from '#core/delivery/halt.ts';
import type { MetaError, Outcome } from '#core/outcome/answer.ts';
import type { LaneBoard, PostedHalt } from '#store/delivery/lane-board.ts';
import { LaneState } from '#worker/lane/state.ts';

const HOUR_MS = 3_600_000;
const POLICY = {
  halt: {
    throttleMs: HOUR_MS,
    leastThrottleMs: 1000,
    probeMs: HOUR_MS,
    failingMs: HOUR_MS,
    capMs: HOUR_MS,
  },
  breaker: { failures: 5, share: 1, requests: 20, baseMs: 1000, capMs: 1000, probeEvents: 10 },
  concurrency: { most: 8, usageFrom: 75 },
  rejections: { judged: 4, share: 0.75 },
};
const STATS = { events: 10, underWay: 1, usage: 0, suspect: false };
const ERROR: MetaError = {
  ...{ status: 400, code: 190, subcode: null, traceId: null, index: null },
  message: 'Error validating access token',
};
const DELIVERED: Outcome = { kind: 'delivered', received: 10, warnings: 0 };
const REJECTED: Outcome = { kind: 'rejected', tooLarge: false, refusal: ERROR, field: null };
const RETRY: Outcome = { kind: 'retry', unknown: true, refusal: ERROR };
const BLOCKED: Outcome = { kind: 'blocked', refusal: ERROR };

function posted(version: string, halt: Halt): PostedHalt {
  return { version, halt };
}

/** A board that keeps what is posted, and that other workers may have changed. */
function boardOf(elsewhere: Halt | null = null) {
  let version = 0;
  let at: PostedHalt | null = elsewhere === null ? null : posted('elsewhere', elsewhere);
  const resumed: string[] = [];
  const board: LaneBoard = {
    read: async () => new Map(),
    async halt(_pixel, seen, halt) {
      if (at?.version !== seen?.version) return at;
      version += 1;
      at = posted(String(version), halt);
      return at;
    },
    async resume(_pixel, seen) {
      resumed.push(seen.version);
      at = null;
      return true;
    },
  };
  return { board, resumed };
}

function stateOf(board: LaneBoard, at: PostedHalt | null = null) {
  const told: string[] = [];
  const errors: Error[] = [];
  const observer = { onState: (state: string) => void told.push(state), onLimit() {} };
  const onError = (error: Error) => void errors.push(error);
  const state = new LaneState({ pixelId: '1', board, policy: POLICY, observer, onError }, at);
  return { state, told, errors };
}

const halted = (over: Partial<Halt>): Halt => ({
  ...{ state: 'failing', why: 'no', rejecting: false, turn: 1 },
  until: Date.now() + HOUR_MS,
  ...over,
});

describe('an active lane', () => {
  test.each<[string, Outcome, number, boolean, string[]]>([
    ['stays active when Meta accepts', DELIVERED, 9, false, ['active']],
    ['stays active when Meta rejects events', REJECTED, 9, false, ['active']],
    ['stays active after a few failures', RETRY, 4, false, ['active']],
    ['halts after too many failures', RETRY, 5, false, ['active', 'failing']],
    ['stays active when suspects fail', RETRY, 9, true, ['active']],
    ['halts when the token is refused', BLOCKED, 1, false, ['active', 'blocked']],
    ['halts for a suspect as well then', BLOCKED, 1, true, ['active', 'blocked']],
    [
      'halts when Meta throttles',
      { kind: 'throttled', waitMs: 5000, refusal: ERROR },
      1,
      false,
      ['active', 'throttled'],
    ],
  ])('%s', async (_name, outcome, times, suspect, expected) => {
    const { state, told } = stateOf(boardOf().board);
    for (let n = 0; n < times; n += 1) {
      await state.onOutcome(outcome, state.begin(), { ...STATS, suspect });
    }
    expect([...new Set(told)]).toEqual(expected);
    expect(state.phase).toBe(expected.length === 1 ? 'active' : 'halted');
  });

  test('halts when suspects fail and nothing else of it is accepted', async () => {
    const { state } = stateOf(boardOf().board);
    for (let n = 0; n < 4; n += 1) await state.onSuspectFailed(RETRY);
    expect(state.phase).toBe('active');
    await state.onSuspectFailed(RETRY);
    expect(state.halt).toMatchObject({ state: 'failing', turn: 1 });
  });

  test('knows that nearly everything is rejected for one reason, until something is accepted', () => {
    const { state } = stateOf(boardOf().board);
    const batch = { accepted: 0, rejected: 4 };
    const nearlyAll = [1, 2, 3, 4].map(() => state.onRejected(ERROR, batch));
    expect(nearlyAll).toEqual([false, false, false, true]);
    state.onAccepted(2);
    expect(state.onRejected(ERROR, batch)).toBe(false);
    expect(state.acceptedRequests).toBe(1);
    for (let n = 0; n < 4; n += 1) state.onRejected(ERROR, batch);
    state.resetRejections();
    expect(state.onRejected(ERROR, batch)).toBe(false);
  });

  test('of two waits that Meta asked two workers for, the longer one holds', async () => {
    const elsewhere = halted({ state: 'throttled', until: Date.now() + 60_000, turn: 3 });
    const { state } = stateOf(boardOf(elsewhere).board);
    const outcome: Outcome = { kind: 'throttled', waitMs: 600_000, refusal: ERROR };
    await state.onOutcome(outcome, state.begin(), STATS);
    expect(state.halt).toMatchObject({ state: 'throttled', turn: 3 });
    expect((state.halt?.until ?? 0) - Date.now()).toBeGreaterThan(500_000);
  });

  test('is halted here at once, and an error of the board is reported', async () => {
    const { board } = boardOf();
    const away = { ...board, halt: () => Promise.reject(new Error('away')) };
    const { state, errors } = stateOf(away);
    const known = state.onOutcome(BLOCKED, state.begin(), STATS);
    expect(state.phase).toBe('halted');
    await known;
    expect(errors).toEqual([new Error('away')]);
  });
});

describe('a lane that is probed', () => {
  test.each<[string, Partial<Halt>, Outcome, string]>([
    ['resumes when Meta accepts', {}, DELIVERED, 'active'],
    ['resumes when Meta rejects events', {}, REJECTED, 'active'],
    ['halts again when it fails', {}, RETRY, 'halted'],
    [
      'stays when events are rejected for which it halted',
      { rejecting: true },
      REJECTED,
      'probing',
    ],
  ])('%s', async (_name, over, outcome, phase) => {
    const halt = halted({ until: Date.now() - 1, ...over });
    const { board, resumed } = boardOf(halt);
    const { state } = stateOf(board, posted('elsewhere', halt));
    expect([state.phase, state.allowed]).toEqual(['probing', 1]);
    await state.onOutcome(outcome, state.begin(), STATS);
    expect(state.phase).toBe(phase);
    expect(resumed).toEqual(phase === 'active' ? ['elsewhere'] : []);
  });

  test('does not resume for the answer to a request of an earlier halt', async () => {
    const halt = halted({ until: Date.now() - 1 });
    const { board, resumed } = boardOf(halt);
    const { state } = stateOf(board, posted('elsewhere', halt));
    const start = state.begin();
    state.onPosted(posted('later', halt));
    await state.onOutcome(DELIVERED, start, STATS);
    expect([resumed, state.phase]).toEqual([[], 'probing']);
  });
});

describe('a lane that a person pauses while a request is under way', () => {
  test.each<[string, Outcome, Halt | null]>([
    ['stays paused when Meta accepts', DELIVERED, null],
    ['stays paused when its probe succeeds', DELIVERED, halted({ until: Date.now() - 1 })],
    ['stays paused when Meta throttles', { kind: 'throttled', waitMs: 9e9, refusal: ERROR }, null],
    ['stays paused when the token is refused', BLOCKED, null],
  ])('%s', async (_name, outcome, before) => {
    const pause = haltOfPause({ by: 'ana', at: 0, reason: null }, before);
    const { board, resumed } = boardOf(pause);
    const { state } = stateOf(board, before === null ? null : posted('before', before));
    const start = state.begin();
    state.onPosted(posted('elsewhere', pause));
    await state.onOutcome(outcome, start, STATS);
    await state.block(ERROR);
    expect([resumed, state.phase, state.halt]).toEqual([[], 'halted', pause]);
    // The worker has not read of the pause yet when its answer comes.
    const late = stateOf(board, before === null ? null : posted('before', before)).state;
    await late.onOutcome(BLOCKED, late.begin(), STATS);
    expect(late.halt).toEqual(pause);
  });
});

describe('a reload', () => {
  test.each<[string, Partial<Halt>, boolean, string]>([
    ['a blocked lane', { state: 'blocked' }, false, 'probing'],
    ['a failing lane', {}, false, 'halted'],
    ['a failing lane with a new token', {}, true, 'probing'],
  ])('%s: renewed %p, then %p', async (_name, over, renewed, phase) => {
    const halt = halted(over);
    const { state } = stateOf(boardOf(halt).board, posted('elsewhere', halt));
    await state.reconsider(renewed);
    expect(state.phase).toBe(phase);
  });

  test('changes nothing of a paused lane, even with a new token', async () => {
    const pause = haltOfPause({ by: 'ana', at: 0, reason: null }, null);
    const { state } = stateOf(boardOf(pause).board, posted('elsewhere', pause));
    await state.reconsider(true);
    expect(state.halt).toBe(pause);
  });

  test('a lane that is blocked by the old token while the new one arrives is probed at once', async () => {
    const waiting: (() => void)[] = [];
    const { board } = boardOf();
    let version = 0;
    // Its answers come when they are let go.
    const slow: LaneBoard = {
      ...board,
      halt: (_pixel, _seen, halt) =>
        new Promise((resolve) => {
          version += 1;
          const answer = posted(String(version), halt);
          waiting.push(() => resolve(answer));
        }),
    };
    const { state, errors } = stateOf(slow);
    const blocked = state.onOutcome(BLOCKED, state.begin(), STATS);
    // The board is read before the halt is on it.
    state.onPosted(null);
    const reconsidered = state.reconsider(true);
    waiting.shift()?.();
    await blocked;
    await new Promise((resolve) => setImmediate(resolve));
    expect(waiting).toHaveLength(1);
    waiting.shift()?.();
    await reconsidered;
    expect(state.phase).toBe('probing');
    expect(errors).toEqual([]);
  });
});
