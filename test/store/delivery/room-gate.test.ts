import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import {
  type FetchLoop,
  type Reservation,
  type Room,
  RoomGate,
} from '#store/delivery/room-gate.ts';

const RESERVATION: Reservation = { use() {}, release() {} };

/** A room that is full until `grant` is called, or closed. */
function fullRoom() {
  let answer: (reservation: Reservation | null) => void = () => {};
  const later = new Promise<Reservation | null>((resolve) => {
    answer = resolve;
  });
  let asked = 0;
  const room: Room = {
    reserve() {
      asked += 1;
      return later;
    },
    close: () => answer(null),
  };
  return { room, grant: () => answer(RESERVATION), asked: () => asked };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => {
    settled = true;
  });
  await nextTurn();
  return settled;
}

test('a fetch that finds room goes on at once, and the loop is told of nothing', async () => {
  const loop: FetchLoop = { waiting: null };
  const gate = new RoomGate({ reserve: () => RESERVATION, close() {} }, loop);
  expect(await gate.reserve()).toBe(RESERVATION);
  expect(loop.waiting).toBeNull();
});

test('one fetch waits for room, and the others end without a job after it', async () => {
  const loop: FetchLoop = { waiting: null };
  const { room, grant, asked } = fullRoom();
  const gate = new RoomGate(room, loop);
  const first = gate.reserve();
  const second = gate.reserve();
  expect(await isSettled(second)).toBe(false);
  expect(asked()).toBe(1);
  expect(loop.waiting).not.toBeNull();
  grant();
  expect(await first).toBe(RESERVATION);
  expect(await second).toBeNull();
  expect(loop.waiting).toBeNull();
});

test('a loop that fetches again and again leaves its turn to what frees the room', async () => {
  const { room, grant } = fullRoom();
  const gate = new RoomGate(room, { waiting: null });
  const first = gate.reserve();
  let fetches = 0;
  let freed = false;
  const fetching = (async () => {
    while (!freed && fetches < 10_000) {
      await gate.reserve();
      fetches += 1;
    }
  })();
  await nextTurn();
  freed = true;
  grant();
  await Promise.all([first, fetching]);
  expect(fetches).toBe(1);
});

test('the loop is told again by a later fetch when BullMQ ended what it had waited for', async () => {
  const job = Promise.resolve();
  const loop: FetchLoop = { waiting: job };
  const { room, grant } = fullRoom();
  const gate = new RoomGate(room, loop);
  const first = gate.reserve();
  expect(loop.waiting).toBe(job);
  loop.waiting = null;
  const second = gate.reserve();
  expect(loop.waiting).not.toBeNull();
  grant();
  await Promise.all([first, second]);
  expect(loop.waiting).toBeNull();
});

test('what waits ends without a job when the room closes', async () => {
  const { room } = fullRoom();
  const gate = new RoomGate(room, { waiting: null });
  const both = [gate.reserve(), gate.reserve()];
  gate.close();
  expect(await Promise.all(both)).toEqual([null, null]);
});
