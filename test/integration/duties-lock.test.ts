import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { createChangeStore } from '#store/dead-letters/change.ts';
import { createPublishStore } from '#store/dead-letters/publish.ts';
import { createDutiesLock, dutiesOwner, readDutiesOwner } from '#store/locks.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { createStore, type Store } from '#store/store.ts';
import { uniqueName } from '#test/support/names.ts';

const TOPIC = 'dead';
const MINE = dutiesOwner();
const YOURS = dutiesOwner();
const sealer = createOpenSealer();

let redis: Redis;
let store: Store;

beforeAll(() => {
  redis = connectForCommands(process.env['TEST_REDIS_URL'] ?? '', () => {});
  store = createStore(redis, `{${uniqueName('duties')}}`);
});

afterEach(async () => {
  const { dutiesLock, replayLock, publishLock, dead } = store.keys;
  await redis.del(dutiesLock, replayLock, publishLock(TOPIC), dead.totals);
});

afterAll(() => redis.quit());

const lockOf = (owner: string) => createDutiesLock(store, { owner, topic: TOPIC });

/** As if the process that has the duties slept for longer than its lock lasts. */
const oversleep = () => redis.del(store.keys.dutiesLock);

test('one process at a time has the duties, and keeps them while it renews the lock', async () => {
  expect(await lockOf(MINE).take()).toBe(true);
  expect(await lockOf(YOURS).take()).toBe(false);
  expect(await lockOf(MINE).take()).toBe(true);
  expect(await readDutiesOwner(store)).toBe(MINE);
  await lockOf(YOURS).release();
  expect(await readDutiesOwner(store)).toBe(MINE);
  await lockOf(MINE).release();
  expect(await lockOf(YOURS).take()).toBe(true);
});

test('a process of this machine that has ended loses them at once', async () => {
  const ended = MINE.replace(`:${process.pid}:`, ':999999999:');
  expect(await lockOf(ended).take()).toBe(true);
  expect(await readDutiesOwner(store)).toBeNull();
  expect(await lockOf(YOURS).take()).toBe(true);
});

test('a process that overslept cannot take another step of its duties', async () => {
  const mine = createChangeStore({ ...store, sealer }, MINE);
  const publishing = createPublishStore(store, { owner: MINE, topic: TOPIC });
  expect(await lockOf(MINE).take()).toBe(true);
  expect(await mine.lock()).toBeNull();
  expect(await publishing.lock()).toBe(true);
  expect(await mine.applyChange({})).toBe('done');
  expect(await publishing.advance(3)).toBe(true);

  await oversleep();
  expect(await lockOf(YOURS).take()).toBe(true);
  expect(await mine.applyChange({})).toBe('lost');
  expect(await publishing.advance(7)).toBe(false);
  const yours = createChangeStore({ ...store, sealer }, YOURS);
  expect(await yours.lock()).toBeNull();
  expect(await yours.applyChange({})).toBe('done');
  await Promise.all([mine.close(), yours.close()]);
});

test('a replay or purge of a command is left at work', async () => {
  await redis.set(store.keys.replayLock, 'replay:elsewhere:1:x', 'PX', 600_000);
  expect(await lockOf(MINE).take()).toBe(true);
  expect(await redis.get(store.keys.replayLock)).toBe('replay:elsewhere:1:x');
});
