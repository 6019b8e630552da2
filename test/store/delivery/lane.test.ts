import { expect, test } from '@jest/globals';
import type { EnvelopeFetcher, Fetched, FetchedJob } from '#store/delivery/fetcher.ts';
import { type HeldEnvelope, openLane } from '#store/delivery/lane.ts';
import type { Leases } from '#store/delivery/leases.ts';
import type { Reservation, Room } from '#store/delivery/room.ts';
import type { Store } from '#store/store.ts';
import { HELD_LEASE } from '#test/support/held-lease.ts';

const LEASES = { hold: () => HELD_LEASE } as unknown as Leases;

/** Everything that is due in this turn of the event loop, and the next. */
async function turns(n = 3): Promise<void> {
  for (let turn = 0; turn < n; turn += 1) await new Promise(setImmediate);
}

/** A queue with a number of envelopes, whose fetches can be held up. */
function queueOf(waiting: number) {
  let left = waiting;
  let release: (() => void) | null = null;
  const fetches: { most: number; check: boolean }[] = [];
  const failures: Error[] = [];
  let next = 0;
  const job = (): FetchedJob => ({
    ...{ id: `e-${next++}`, token: 't', data: { n: 5, d: '' }, failures: 0, starts: 1, stalls: 0 },
    askedAt: 0,
  });
  const fetcher: EnvelopeFetcher = {
    async fetch(_pixel, most, check): Promise<Fetched> {
      fetches.push({ most, check });
      const [failure] = failures.splice(0, 1);
      if (failure !== undefined) throw failure;
      if (release !== null) await new Promise<void>((resolve) => (release = resolve));
      const jobs = Array.from({ length: Math.min(most, left) }, job);
      left -= jobs.length;
      return { jobs, more: left > 0, failure: null };
    },
  };
  return {
    fetcher,
    fetches,
    failures,
    add(n: number) {
      left += n;
    },
    holdUp() {
      release = () => {};
    },
    goOn: () => {
      const held = release;
      release = null;
      held?.();
    },
  };
}

/** Room that notes how much of it is taken, and has none while it is full. */
function roomOf(size: number) {
  let taken = 0;
  const asking: ((reservation: Reservation | null) => void)[] = [];
  const used: number[] = [];
  const grant = (): Reservation => {
    taken += 1;
    let over = false;
    return {
      use: (events) => void used.push(events),
      release() {
        if (over) return;
        over = true;
        taken -= 1;
        const next = asking.shift();
        if (next !== undefined) next(grant());
      },
    };
  };
  const room: Room = {
    reserve: () => (taken < size ? grant() : new Promise((resolve) => void asking.push(resolve))),
    close: () => void asking.splice(0).forEach((answer) => void answer(null)),
  };
  return { room, used, taken: () => taken, waiting: () => asking.length };
}

/** A lane with what it holds, and how often it offered its pixel to other workers. */
function laneOf(
  queue: ReturnType<typeof queueOf>,
  options: { concurrency?: number; room?: Room } = {},
) {
  const held: { envelope: HeldEnvelope; dispose: () => void }[] = [];
  const errors: Error[] = [];
  let offers = 0;
  const lane = openLane(
    {} as Store,
    {
      ...{ pixelId: '1', concurrency: 32, lockMs: 60_000, leases: LEASES, ...options },
      fetcher: queue.fetcher,
      onError: (error) => void errors.push(error),
      onFull() {
        offers += 1;
      },
      onMalformed: async () => 0,
    },
    (envelope) => new Promise((dispose) => void held.push({ envelope, dispose })),
  );
  return { lane, held, errors, offers: () => offers };
}

const sizes = ({ fetches }: ReturnType<typeof queueOf>) => fetches.map(({ most }) => most);

test('a lane asks for nothing until it is rung', async () => {
  const queue = queueOf(3);
  const { lane } = laneOf(queue);
  await turns();
  expect([queue.fetches, lane.idleSince === null]).toEqual([[], false]);
});

test('one ring fetches until nothing more waits, in larger steps while there is more', async () => {
  const queue = queueOf(20);
  const { lane, held } = laneOf(queue);
  lane.ring();
  await turns();
  expect([sizes(queue), held.length]).toEqual([[1, 2, 4, 8, 8], 20]);
  queue.add(1);
  lane.ring();
  await turns();
  expect(sizes(queue).slice(5)).toEqual([1]);
});

test('a ring while it fetches is not lost, and costs one fetch more', async () => {
  const queue = queueOf(1);
  queue.holdUp();
  const { lane, held } = laneOf(queue);
  lane.ring();
  await turns();
  for (let ring = 0; ring < 5; ring += 1) lane.ring();
  queue.goOn();
  await turns();
  expect([sizes(queue), held.length]).toEqual([[1, 1], 1]);
});

test('it holds no more than it may, and fetches again for what is disposed of', async () => {
  const queue = queueOf(10);
  const { lane, held } = laneOf(queue, { concurrency: 3 });
  lane.ring();
  await turns();
  expect(held).toHaveLength(3);
  held[0]?.dispose();
  await turns();
  expect(held).toHaveLength(4);
  for (let at = 1; at < 10; at += 1) {
    held[at]?.dispose();
    await turns();
  }
  expect([held.length, lane.idleSince === null]).toEqual([10, false]);
});

test('what it may not hold now is offered to other workers, and not with each envelope', async () => {
  const queue = queueOf(9);
  const { room } = roomOf(2);
  const crowded = laneOf(queue, { room });
  const limited = laneOf(queueOf(9), { concurrency: 2 });
  const easy = laneOf(queueOf(9));
  for (const { lane } of [crowded, limited, easy]) lane.ring();
  await turns();
  for (const { held } of [crowded, limited]) {
    for (let at = 0; at < 3; at += 1) {
      held[at]?.dispose();
      await turns();
    }
  }
  expect([crowded, limited, easy].map(({ held }) => held.length)).toEqual([5, 5, 9]);
  expect([crowded, limited, easy].map(({ offers }) => offers())).toEqual([1, 1, 0]);
});

test('it waits for room, and gives back all that it did not need', async () => {
  const queue = queueOf(4);
  const { room, used, taken, waiting } = roomOf(3);
  const { lane, held } = laneOf(queue, { room });
  lane.ring();
  await turns();
  expect([held.length, taken(), waiting()]).toEqual([3, 3, 1]);
  held[0]?.dispose();
  await turns();
  expect([held.length, used]).toEqual([4, [5, 5, 5, 5]]);
  for (const { dispose } of held) dispose();
  await turns();
  expect([taken(), waiting()]).toEqual([0, 0]);
});

test('room that is granted after nothing more waits is given back', async () => {
  const queue = queueOf(3);
  const { room, taken } = roomOf(2);
  const other = room.reserve() as Reservation;
  const { lane, held } = laneOf(queue, { room });
  lane.ring();
  await turns();
  expect(held).toHaveLength(1);
  queue.add(-2);
  other.release();
  await turns();
  held[0]?.dispose();
  await turns();
  expect([held.length, taken()]).toEqual([1, 0]);
});

test('a fetch that fails is told, gives its room back, and is made again when the lane is rung', async () => {
  const queue = queueOf(1);
  const { room, taken } = roomOf(5);
  queue.failures.push(new Error('away'));
  const { lane, held, errors } = laneOf(queue, { room });
  lane.ring();
  await turns();
  expect([errors, taken(), held.length]).toEqual([[new Error('away')], 0, 0]);
  lane.ring();
  await turns();
  expect(held).toHaveLength(1);
});

test('a visit that ended early is told, and what it fetched is worked on', async () => {
  const failure = new Error('NOPERM');
  const { lane, held, errors } = laneOf({
    ...queueOf(0),
    fetcher: {
      async fetch() {
        const data = { n: 1, d: '' };
        const job = { id: 'e', token: 't', data, failures: 2, starts: 3, stalls: 1, askedAt: 0 };
        return { jobs: [job], more: false, failure };
      },
    },
  });
  lane.ring();
  await turns();
  expect(errors).toEqual([failure]);
  expect(held[0]?.envelope).toMatchObject({ id: 'e', token: 't', failures: 2, stalls: 1 });
});

test('stalled envelopes are looked for when it opens, and not with each fetch', async () => {
  const queue = queueOf(3);
  const { lane } = laneOf(queue);
  lane.ring();
  await turns();
  expect(queue.fetches.map(({ check }) => check)).toEqual([true, false]);
});

test('a lane that closes fetches nothing more, and ends when what it holds is disposed of', async () => {
  const queue = queueOf(9);
  const { room, taken } = roomOf(2);
  const { lane, held } = laneOf(queue, { room });
  lane.ring();
  await turns();
  let closed = false;
  const closing = lane.close().then(() => {
    closed = true;
  });
  lane.ring();
  await turns();
  expect([held.length, closed]).toEqual([2, false]);
  for (const { dispose } of held) dispose();
  await closing;
  expect([held.length, taken()]).toEqual([2, 0]);
});

test('it is idle while it neither fetches nor holds anything', async () => {
  const queue = queueOf(1);
  queue.holdUp();
  const { lane, held } = laneOf(queue);
  lane.ring();
  await turns();
  expect(lane.idleSince).toBeNull();
  queue.goOn();
  await turns();
  expect(lane.idleSince).toBeNull();
  held[0]?.dispose();
  await turns();
  expect(lane.idleSince).not.toBeNull();
});
