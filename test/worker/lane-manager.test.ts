import { expect, test } from '@jest/globals';
import { envelopeOf, laneDeps, tokenRefused } from '#test/support/lane-deps.ts';
import { requestSettings } from '#test/support/request-settings.ts';
import type { WorkerPixel } from '#worker/lane/lane.ts';
import { LaneManager } from '#worker/lane-manager.ts';

function pixel(pixelId: string, accessToken = 'token'): WorkerPixel {
  return { pixelId, weight: 1, ...requestSettings(accessToken) };
}

const HALT = { state: 'blocked', why: 'expired', rejecting: false, turn: 1 } as const;
const NEVER = Number.POSITIVE_INFINITY;

function managerOf(...args: Parameters<typeof laneDeps>) {
  const lanes = laneDeps(...args);
  return { ...lanes, manager: new LaneManager(lanes.deps) };
}

const idsOf = (queues: ReadonlyMap<string, unknown>) => [...queues.keys()];

test('lanes open for pixels that are due, and for no others', async () => {
  const { manager, queues, rung } = managerOf();
  await manager.start([pixel('1'), pixel('2'), pixel('3')]);
  expect(queues.size).toBe(0);
  manager.onDue(['2', '9', '1']);
  expect(['2', '9'].map((id) => manager.serves(id))).toEqual([true, false]);
  expect([idsOf(queues), rung]).toEqual([
    ['2', '1'],
    ['2', '1'],
  ]);
  manager.onDue(['1']);
  expect([queues.size, rung]).toEqual([2, ['2', '1', '1']]);
  await manager.stop();
  expect(queues.size).toBe(0);
});

test('a pixel that is removed loses its lane, and the queue of one that is added is visited', async () => {
  const { manager, queues, rung } = managerOf();
  await manager.start([pixel('1'), pixel('2')]);
  manager.onDue(['1', '2']);
  await manager.configure([pixel('2'), pixel('3')]);
  expect([idsOf(queues), rung]).toEqual([['2'], ['1', '2', '3']]);
  manager.onDue(['1', '3']);
  expect(idsOf(queues)).toEqual(['2', '3']);
  await manager.stop();
});

test('a lane that has nothing to do closes after a while, and opens again', async () => {
  const { manager, queues } = managerOf();
  await manager.start([pixel('1'), pixel('2')]);
  manager.onDue(['1', '2']);
  manager.closeIdle(0);
  expect(queues.size).toBe(2);
  manager.closeIdle(NEVER);
  await new Promise(setImmediate);
  expect(queues.size).toBe(0);
  manager.onDue(['2']);
  expect(idsOf(queues)).toEqual(['2']);
  await manager.stop();
});

test('of very many lanes that have nothing to do, those that have waited longest close before their time', async () => {
  const { deps } = laneDeps();
  const open = new Set<string>();
  const manager = new LaneManager({
    ...deps,
    openQueue({ pixelId }) {
      open.add(pixelId);
      const close = async () => void open.delete(pixelId);
      return { ring() {}, idleSince: Number(pixelId), close };
    },
  });
  const pixels = Array.from({ length: 1003 }, (_, n) => pixel(String(2000 - n)));
  await manager.start(pixels);
  manager.onDue(pixels.map(({ pixelId }) => pixelId));
  manager.closeIdle(2000);
  await new Promise(setImmediate);
  expect(pixels.map(({ pixelId }) => pixelId).filter((id) => !open.has(id))).toEqual([
    ...['1000', '999', '998'],
  ]);
  await manager.stop();
});

test('a lane stays open while it is busy, halted, or has just failed', async () => {
  const { deps, queues, board } = laneDeps((token) =>
    token === 'dead' ? tokenRefused() : { kind: 'answered', status: 500, headers: {}, body: '{}' },
  );
  const busy = new Set<string>();
  const manager = new LaneManager({
    ...deps,
    openQueue(options, handle) {
      const { pixelId } = options;
      const queue = deps.openQueue(options, handle);
      return {
        ...queue,
        get idleSince() {
          return busy.has(pixelId) ? null : 0;
        },
      };
    },
  });
  await manager.start([pixel('busy'), pixel('halted', 'dead'), pixel('failing'), pixel('calm')]);
  manager.onDue(['busy', 'halted', 'failing', 'calm']);
  busy.add('busy');
  for (const id of ['halted', 'failing']) await queues.get(id)?.(envelopeOf(id, 'e', 1));
  expect([...board.keys()]).toEqual(['halted']);
  manager.closeIdle(NEVER);
  await new Promise(setImmediate);
  expect(idsOf(queues)).toEqual(['busy', 'halted', 'failing']);
  await manager.stop();
});

test('a lane that is halted in the fleet is open, and does not start with a request', async () => {
  const { manager, board, states } = managerOf();
  board.set('1', { version: 'a', halt: { ...HALT, until: Date.now() + 60_000 } });
  board.set('unknown', { version: 'a', halt: { ...HALT, until: Date.now() + 60_000 } });
  await manager.start([pixel('1'), pixel('2')]);
  expect(states).toEqual(['1 active', '1 blocked']);
  manager.closeIdle(NEVER);
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

test('a lane that closes is not opened beside itself, and is opened when it is due again', async () => {
  const { deps, queues } = laneDeps();
  let closed = (): void => {};
  const manager = new LaneManager({
    ...deps,
    openQueue(options, handle) {
      const queue = deps.openQueue(options, handle);
      return {
        ...queue,
        close: () =>
          new Promise((resolve) => {
            closed = () => queue.close().then(resolve);
          }),
      };
    },
  });
  await manager.start([pixel('1')]);
  manager.onDue(['1']);
  const before = queues.get('1');
  const removed = manager.configure([]);
  const added = manager.configure([pixel('1')]);
  manager.onDue(['1']);
  expect(queues.get('1')).toBe(before);
  closed();
  await Promise.all([removed, added]);
  expect(queues.size).toBe(0);
  manager.onDue(['1']);
  expect(idsOf(queues)).toEqual(['1']);
  const stopped = manager.stop();
  closed();
  await stopped;
});

test('an error of the board is reported, and the lanes open all the same', async () => {
  const { deps, queues, errors } = laneDeps();
  const board = { ...deps.board, read: () => Promise.reject(new Error('away')) };
  const manager = new LaneManager({ ...deps, board });
  await manager.start([pixel('1')]);
  manager.onDue(['1']);
  expect([errors, queues.size]).toEqual([[new Error('away')], 1]);
  await manager.stop();
});

test('a bell that cannot be rung for a new pixel is reported, and the reload goes on', async () => {
  const { deps, errors } = laneDeps();
  const manager = new LaneManager({ ...deps, ring: () => Promise.reject(new Error('away')) });
  await manager.start([]);
  await manager.configure([pixel('1')]);
  expect([errors, manager.pixels]).toEqual([[new Error('away')], ['1']]);
  await manager.stop();
});
