import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { createIntakeStore, type Intake } from '#store/intake/writer.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { readLedgers } from '#store/status/ledger.ts';
import { createStore, type Store } from '#store/store.ts';
import { LimitedUser } from '#test/support/limited-user.ts';
import { uniqueName } from '#test/support/names.ts';

const URL_OF_REDIS = process.env['TEST_REDIS_URL'] ?? '';
const PIXEL = '101';
const sealer = createOpenSealer();
let redis: Redis;
let user: LimitedUser;
let store: Store;

beforeAll(async () => {
  redis = connectForCommands(URL_OF_REDIS, () => {});
  user = await LimitedUser.connect(URL_OF_REDIS);
});

beforeEach(() => {
  store = createStore(redis, `{${uniqueName('window')}}`);
});

afterAll(async () => {
  await user.remove();
  await redis.quit();
});

function open({ windowHours = 24, maxEvents = 1000, by = redis } = {}) {
  const window = { windowHours, maxEvents };
  return createIntakeStore({ ...store, redis: by }, { groupId: 'g', sealer, window });
}

const name = (text: string) => Buffer.from(text.padEnd(8, '.'));

function intake(
  partition: number,
  step: number,
  fresh: readonly string[],
  repeated: readonly string[] = [],
): Intake {
  const steps = [{ topic: 't', partition, from: step === 0 ? null : step, to: step + 1 }];
  const [queued, filtered] = [fresh.length, repeated.length];
  const counts = { consumed: queued + filtered, filtered, dead: 0, queued };
  const id = `${partition}-${step}-${fresh.join()}`;
  const data = { n: queued, d: 'all' };
  const envelopes = queued === 0 ? [] : [{ pixelId: PIXEL, id, data }];
  const names = { fresh: fresh.map(name), repeated: repeated.map(name) };
  return { envelopes, deadLetters: [], counts: new Map([[PIXEL, counts]]), steps, names };
}

const queued = async () => (await readLedgers(store)).get(PIXEL)?.queued ?? 0;

test('an event that was queued before is refused, named by its place, and nothing is written', async () => {
  const intakes = open();
  expect(await intakes.write(intake(0, 0, ['a', 'b']))).toBe('written');
  expect(await intakes.write(intake(1, 0, ['c', 'b', 'd', 'a']))).toEqual({ known: [1, 3] });
  expect(await queued()).toBe(2);
  expect(await intakes.write(intake(1, 0, ['c', 'd'], ['b', 'a']))).toBe('written');
  expect(await queued()).toBe(4);
  expect((await readLedgers(store)).get(PIXEL)).toMatchObject({ consumed: 6, filtered: 2 });
  await intakes.close();
});

test('an intake whose answer got lost is no repetition of itself', async () => {
  const intakes = open();
  const one = intake(0, 0, ['a']);
  expect(await intakes.write(one)).toBe('written');
  expect(await intakes.write(one)).toBe('written');
  expect(await queued()).toBe(1);
  await intakes.close();
});

test('of two ingests that have the same event at once, one queues it', async () => {
  const [one, two] = [open(), open()];
  const answers = await Promise.all([
    one.write(intake(0, 0, ['a'])),
    two.write(intake(1, 0, ['a'])),
  ]);
  expect(answers).toContain('written');
  expect(answers).toContainEqual({ known: [0] });
  expect(await queued()).toBe(1);
  await Promise.all([one.close(), two.close()]);
});

test('an intake that leaves out what Redis does not know is refused: Redis came back older', async () => {
  const intakes = open();
  await intakes.write(intake(0, 0, ['a']));
  await redis.del(`${store.keys.repeated}:1`);
  expect(await intakes.write(intake(1, 0, [], ['a']))).toEqual({ known: null });
  expect(await intakes.write(intake(1, 0, ['a']))).toBe('written');
  await intakes.close();
});

test('an ingest that was paused and wakes when the window has forgotten its events queues nothing twice', async () => {
  const [paused, other] = [open(), open()];
  // Both have read the same messages; the other one got the partition meanwhile, and the window passed.
  const held = intake(0, 0, ['a', 'b']);
  expect(await other.write(intake(0, 0, ['a', 'b']))).toBe('written');
  expect(await other.write(intake(0, 1, ['c']))).toBe('written');
  await redis.del(store.keys.repeated, `${store.keys.repeated}:1`);
  expect(await paused.write(held)).toBe('conflict');
  // And where its own last write was carried out, its next one continues from there.
  expect(await paused.write(intake(0, 2, ['a']))).toBe('written');
  expect(await queued()).toBe(4);
  await Promise.all([paused.close(), other.close()]);
});

test('a conflict remembers nothing', async () => {
  const intakes = open();
  await intakes.write(intake(0, 0, ['a']));
  expect(await intakes.write(intake(0, 0, ['b']))).toBe('conflict');
  expect(await intakes.write(intake(0, 1, ['b']))).toBe('written');
  await intakes.close();
});

describe('an intake in which Redis refuses a command', () => {
  test.each(['mset', 'sadd', 'srem', 'hset', 'pexpire', 'zadd'])(
    '%s remembers nothing, and is written once it is allowed',
    async (command) => {
      const intakes = open({ by: user.redis });
      const one = intake(0, 0, ['a', 'b']);
      await user.allow(`-${command}`);
      await expect(intakes.write(one)).rejects.toThrow(/permission|NOPERM|can't run/);
      await user.allow();
      expect(await redis.exists(store.keys.repeated, `${store.keys.repeated}:1`)).toBe(0);
      expect(await queued()).toBe(0);
      expect(await intakes.write(one)).toBe('written');
      expect(await queued()).toBe(2);
      expect(await intakes.write(intake(1, 0, ['a']))).toEqual({ known: [0] });
      await intakes.close();
    },
  );
});

test.each([
  ['and Redis frees them aside', '+unlink', false],
  ['also where a user may not unlink', '-unlink', true],
])(
  'no more events are remembered than configured: the earliest are forgotten, %s',
  async (_, right, isRefused) => {
    await user.allow(right);
    const intakes = open({ maxEvents: 40, by: user.redis });
    for (let step = 0; step < 10; step += 1) {
      const events = Array.from({ length: 10 }, (_, i) => `${step}-${i}`);
      expect(await intakes.write(intake(0, step, events))).toBe('written');
    }
    expect((await user.refused()).includes('unlink')).toBe(isRefused);
    const parts = await redis.hkeys(store.keys.repeated);
    const sizes = await Promise.all(parts.map((n) => redis.scard(`${store.keys.repeated}:${n}`)));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(40);
    expect(await redis.keys(`${store.keys.repeated}:*`)).toHaveLength(parts.length);
    expect(await intakes.write(intake(1, 0, ['9-9']))).toEqual({ known: [0] });
    expect(await intakes.write(intake(1, 0, ['0-0']))).toBe('written');
    await intakes.close();
    await user.allow();
  },
);

test('an event is forgotten after the window, and the window ends by itself', async () => {
  const intakes = open({ windowHours: 1 });
  await intakes.write(intake(0, 0, ['a']));
  expect(await redis.pttl(`${store.keys.repeated}:1`)).toBeLessThan(2 * 3_600_000);
  const ago = (seconds: number) => `${Math.floor(Date.now() / 1000) - seconds} 1`;
  await redis.hset(store.keys.repeated, '1', ago(7000));
  await intakes.write(intake(0, 1, ['b']));
  expect(await intakes.write(intake(1, 0, ['a']))).toEqual({ known: [0] });
  await redis.hset(store.keys.repeated, '2', ago(3700));
  expect(await intakes.write(intake(1, 0, ['a', 'b']))).toEqual({ known: [1] });
  expect(await intakes.write(intake(1, 0, ['a']))).toBe('written');
  await intakes.close();
});
