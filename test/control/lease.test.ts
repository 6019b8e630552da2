import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DutiesLease, keepDoing } from '#control/duties/lease.ts';
import { DUTIES_LOCK_MS } from '#store/locks.ts';
import { eventually } from '#test/support/deadline.ts';

let now = 0;
/** What the next attempt to take the lock ends with. */
let answer: () => Promise<boolean> = async () => true;
let released = 0;
let changes: boolean[] = [];
const leases: DutiesLease[] = [];

beforeEach(() => {
  now = 0;
  answer = async () => true;
  released = 0;
  changes = [];
});

afterEach(() => Promise.all(leases.splice(0).map((lease) => lease.release())));

async function begin(): Promise<DutiesLease> {
  const lease = new DutiesLease({
    lock: {
      take: () => answer(),
      async release() {
        released += 1;
      },
    },
    onChange: (holds) => void changes.push(holds),
    now: () => now,
  });
  leases.push(lease);
  await eventually(() => expect(changes.length + Number(!lease.answered)).toBeGreaterThan(0));
  return lease;
}

test('a term lasts as long as the lock is renewed', async () => {
  const lease = await begin();
  const term = lease.current();
  for (let n = 1; n <= 5; n += 1) {
    now = (n * DUTIES_LOCK_MS) / 2;
    await lease.renew();
  }
  expect(lease.current()).toBe(term);
  expect(term?.aborted).toBe(false);
  expect(changes).toEqual([true]);
});

test('a process that slept has lost the duties before it asks anyone', async () => {
  const lease = await begin();
  const term = lease.current();
  now = DUTIES_LOCK_MS;
  expect(lease.current()).toBeNull();
  expect(term?.aborted).toBe(true);
  expect(changes).toEqual([true, false]);
});

test('the term ends before the lock does, whatever Redis answers', async () => {
  const lease = await begin();
  answer = () => Promise.reject(new Error('gone'));
  now = DUTIES_LOCK_MS - 2001;
  await lease.renew();
  expect(lease.current()).not.toBeNull();
  expect(lease.answered).toBe(false);
  now += 1;
  await lease.renew();
  expect(lease.current()).toBeNull();
});

test('a process that slept and gets the lock again begins another term', async () => {
  const lease = await begin();
  const term = lease.current();
  now = 10 * DUTIES_LOCK_MS;
  await lease.renew();
  expect(term?.aborted).toBe(true);
  expect(lease.current()).not.toBe(term);
  expect(lease.current()?.aborted).toBe(false);
  expect(changes).toEqual([true, false, true]);
});

test('an answer that took longer than the lock lasts is worth nothing', async () => {
  const lease = await begin();
  answer = async () => {
    now += DUTIES_LOCK_MS;
    return true;
  };
  await lease.renew();
  expect(lease.current()).toBeNull();
});

test('another process gets the duties', async () => {
  const lease = await begin();
  answer = async () => false;
  await lease.renew();
  expect(lease.current()).toBeNull();
  expect(lease.answered).toBe(true);
});

test('a halted lease keeps the lock until it is released', async () => {
  const lease = await begin();
  lease.halt();
  await lease.renew();
  expect(lease.current()).toBeNull();
  expect(released).toBe(0);
  await lease.release();
  expect(released).toBe(1);
});

test('a duty is done in the term alone, and its last turn is waited for', async () => {
  let term: AbortSignal | null = null;
  let turns = 0;
  let going = false;
  const end = keepDoing({ current: () => term }, 1, async (its) => {
    expect(its).toBe(term);
    going = true;
    await sleep(5);
    going = false;
    turns += 1;
  });
  await sleep(20);
  expect(turns).toBe(0);
  term = new AbortController().signal;
  await eventually(() => expect(going).toBe(true));
  await end();
  expect(going).toBe(false);
  expect(turns).toBeGreaterThan(0);
});
