import { expect, test } from '@jest/globals';
import { laneDeps } from '#test/support/lane-deps.ts';
import { requestSettings } from '#test/support/request-settings.ts';
import type { WorkerPixel } from '#worker/lane/lane.ts';
import { LaneManager } from '#worker/lane-manager.ts';

function pixel(pixelId: string, accessToken = 'token'): WorkerPixel {
  return { pixelId, weight: 1, ...requestSettings(accessToken) };
}

const HALT = { state: 'blocked', why: 'expired', rejecting: false, turn: 1 } as const;

function managerOf() {
  const lanes = laneDeps();
  return { ...lanes, manager: new LaneManager(lanes.deps) };
}

test('there is a lane for each configured pixel, as the configuration changes', async () => {
  const { manager, queues } = managerOf();
  await manager.start([pixel('1'), pixel('2')]);
  expect([...queues.keys()]).toEqual(['1', '2']);
  await manager.configure([pixel('2'), pixel('3')]);
  expect([...queues.keys()]).toEqual(['2', '3']);
  await manager.stop();
  expect(queues.size).toBe(0);
});

test('a lane that is halted in the fleet does not start with a request', async () => {
  const { manager, board, states } = managerOf();
  board.set('1', { version: 'a', halt: { ...HALT, until: Date.now() + 60_000 } });
  await manager.start([pixel('1')]);
  expect(states).toEqual(['1 active', '1 blocked']);
  await manager.stop();
});

test('a reload probes a blocked lane at once', async () => {
  const { manager, board } = managerOf();
  board.set('1', { version: 'a', halt: { ...HALT, until: Date.now() + 60_000 } });
  await manager.start([pixel('1')]);
  await manager.configure([pixel('1', 'another')]);
  expect(board.get('1')?.halt.until).toBeLessThanOrEqual(Date.now());
  await manager.stop();
});

test('a pixel that returns while its lane closes gets a new one afterwards', async () => {
  const { deps, queues } = laneDeps();
  let closed = (): void => {};
  const manager = new LaneManager({
    ...deps,
    openQueue(options, handle) {
      deps.openQueue(options, handle);
      return {
        close: () =>
          new Promise((resolve) => {
            queues.delete(options.pixelId);
            closed = resolve;
          }),
      };
    },
  });
  await manager.start([pixel('1')]);
  const removed = manager.configure([]);
  const added = manager.configure([pixel('1')]);
  expect(queues.size).toBe(0);
  closed();
  await Promise.all([removed, added]);
  expect([...queues.keys()]).toEqual(['1']);
  const stopped = manager.stop();
  closed();
  await stopped;
});

test('an error of the board is reported, and the lanes start all the same', async () => {
  const { deps, queues, errors } = laneDeps();
  const board = { ...deps.board, read: () => Promise.reject(new Error('away')) };
  const manager = new LaneManager({ ...deps, board });
  await manager.start([pixel('1')]);
  expect([errors, queues.size]).toEqual([[new Error('away')], 1]);
  await manager.stop();
});
