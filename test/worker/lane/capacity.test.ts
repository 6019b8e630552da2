import { expect, test } from '@jest/globals';
import type { Reservation } from '#store/delivery/room-gate.ts';
import { Capacity, Turns } from '#worker/lane/capacity.ts';

/** Lanes of a worker that share some events, and what each was granted so far. */
function lanes(heldEvents: number, largest: number, ids: readonly string[]) {
  const capacity = new Capacity({ requests: 1, heldEvents }, largest);
  const granted = new Map<string, (Reservation | null)[]>(ids.map((id) => [id, []]));
  const rooms = new Map(ids.map((id) => [id, capacity.roomFor(id)]));
  const ask = async (id: string, times = 1): Promise<void> => {
    for (let n = 0; n < times; n += 1) {
      const reserved = Promise.resolve(rooms.get(id)?.reserve() ?? null);
      void reserved.then((reservation) => granted.get(id)?.push(reservation));
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ask, of: (id: string) => granted.get(id) ?? [], room: (id: string) => rooms.get(id) };
}

test('no more is fetched than may be held, whatever the envelopes turn out to hold', async () => {
  const { ask, of } = lanes(1000, 250, ['a']);
  await ask('a', 10);
  expect(of('a')).toHaveLength(4);
  // Two are small: their rest is room for more.
  of('a')[0]?.use(20);
  of('a')[1]?.use(230);
  await ask('a', 0);
  expect(of('a')).toHaveLength(5);
  for (const reservation of of('a').slice(0, 2)) reservation?.release();
  await ask('a', 0);
  expect(of('a')).toHaveLength(6);
});

test('one that is larger than any before counts with all its events, and so do those after it', async () => {
  const { ask, of } = lanes(1000, 250, ['a']);
  await ask('a');
  of('a')[0]?.use(600);
  await ask('a', 2);
  expect(of('a')).toHaveLength(1);
  of('a')[0]?.release();
  await ask('a', 0);
  expect(of('a')).toHaveLength(2);
});

test('envelopes of one event are bounded in number', async () => {
  const { ask, of } = lanes(200_000, 250, ['a']);
  await ask('a', 5000);
  for (let n = 0; n < 5000; n += 1) {
    of('a')[n]?.use(1);
    if (n % 100 === 0) await ask('a', 0);
  }
  await ask('a', 0);
  expect(of('a').length).toBeGreaterThan(3700);
  expect(of('a').length).toBeLessThanOrEqual(4000);
});

test('room is shared between lanes, whoever asked first', async () => {
  const { ask, of } = lanes(1000, 250, ['deep', 'shallow']);
  await ask('deep', 20);
  await ask('shallow');
  expect([of('deep').length, of('shallow').length]).toEqual([4, 0]);
  of('deep')[0]?.release();
  await ask('deep', 0);
  expect([of('deep').length, of('shallow').length]).toEqual([4, 1]);
});

test('a lane that closes gets none any more, and what it waited for goes to others', async () => {
  const { ask, of, room } = lanes(500, 250, ['closing', 'other']);
  await ask('closing', 4);
  await ask('other');
  room('closing')?.close();
  await ask('closing', 1);
  expect(of('closing').slice(2)).toEqual([null, null, null]);
  of('closing')[0]?.release();
  await ask('other', 0);
  expect(of('other')).toHaveLength(1);
  expect(of('other')[0]).not.toBeNull();
});

test('much work that becomes due at once goes in order, and a timer comes in between', async () => {
  const turns = new Turns();
  const order: (number | string)[] = [];
  const work = Array.from({ length: 20 }, async (_, n) => {
    await turns.next();
    order.push(n);
    const until = performance.now() + 2;
    while (performance.now() < until);
  });
  setTimeout(() => order.push('timer'), 5);
  await Promise.all(work);
  expect(order.filter((each) => each !== 'timer')).toEqual([...Array(20).keys()]);
  expect(order.indexOf('timer')).toBeLessThan(20);
});
