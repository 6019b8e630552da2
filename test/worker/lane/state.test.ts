import { expect, test } from '@jest/globals';
import type { LaneBoard, PostedHalt } from '#store/delivery/lane-board.ts';
import { LaneState } from '#worker/lane/state.ts';

const HOUR_MS = 3_600_000;
const POLICY = {
  halt: {
    throttleMs: HOUR_MS,
    leastThrottleMs: 1000,
    probeMs: HOUR_MS,
    failingMs: 1000,
    capMs: 1000,
  },
  breaker: { failures: 5, share: 1, requests: 20, baseMs: 1000, capMs: 1000, probeEvents: 10 },
  concurrency: { most: 8, usageFrom: 75 },
};

/** A board whose answers come when they are let go. */
function slowBoard() {
  const waiting: (() => void)[] = [];
  let version = 0;
  const board: LaneBoard = {
    read: async () => new Map(),
    halt: (_pixel, _seen, halt) =>
      new Promise<PostedHalt | null>((resolve) => {
        version += 1;
        const posted = { version: String(version), halt } as unknown as PostedHalt;
        waiting.push(() => resolve(posted));
      }),
    resume: async () => true,
  };
  return { board, answer: () => waiting.shift()?.(), waiting: () => waiting.length };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a lane that is blocked by the old token while the new one arrives is probed at once', async () => {
  const { board, answer, waiting } = slowBoard();
  const observer = { state() {}, limit() {} } as never;
  const errors: Error[] = [];
  const control = new LaneState({
    pixelId: '1',
    board,
    policy: POLICY,
    observer,
    onError: (error) => void errors.push(error),
  });
  control.start(null);
  const blocked = control.block('Error validating access token');
  // The board is read before the halt stands on it.
  control.see(null);
  const reconsidered = control.reconsider(true);
  answer();
  await blocked;
  await turn();
  expect(waiting()).toBe(1);
  answer();
  await reconsidered;
  expect(control.phase).toBe('probing');
  expect(errors).toEqual([]);
});
