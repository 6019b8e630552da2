import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { connectForCommands, connectForWorker } from '#store/connection.ts';
import { type HeldEnvelope, type Lane, openLane } from '#store/delivery/lane.ts';
import { Leases } from '#store/delivery/leases.ts';
import { createPoisonStore } from '#store/delivery/poison.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { createKeys, leaseKeys } from '#store/keys.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { eventually } from '#test/support/deadline.ts';

const URL = process.env['TEST_REDIS_URL'] ?? '';
const PIXEL = '101';
const ID = 'e-0';
const HOUR_MS = 3_600_000;
let prefix = '';
let redis: Redis;
let connections: Redis[] = [];
let lost: string[] = [];
let lane: Lane;
let letGo: () => void;
let held: HeldEnvelope[] = [];
let leases: Leases;
let failures: string[] = [];
let work: RedisWork;

/** One envelope, which a lane holds until it is let go; nothing is renewed unless it is asked for. */
beforeEach(async () => {
  prefix = `{leases-${randomBytes(6).toString('hex')}}`;
  [lost, held, connections, failures] = [[], [], [], []];
  work = new RedisWork({
    onFailure: (operation, fault) => failures.push(`${operation} ${fault}`),
  });
  redis = connect(connectForCommands);
  leases = leasesOf(redis);
  const store = createIntakeStore(createStore(redis, prefix), {
    groupId: 'g',
    sealer: createOpenSealer(),
  });
  const envelopes = [{ pixelId: PIXEL, id: ID, data: { n: 1, d: '' } }];
  const steps = [{ topic: 't', partition: 0, from: null, to: 1 }];
  await store.write({ envelopes, deadLetters: [], counts: new Map(), steps });
  const release = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const options = {
    pixelId: PIXEL,
    concurrency: 1,
    lockMs: HOUR_MS,
    onError: () => {},
    onMalformed: async () => 0,
  };
  lane = openLane(
    createStore(connect(connectForWorker), prefix),
    { ...options, leases },
    async (envelope) => {
      held.push(envelope);
      await release;
    },
  );
  await eventually(() => expect(held).toHaveLength(1));
});

afterEach(async () => {
  letGo();
  await lane.close();
  leases.close();
  await Promise.all(connections.map((connection) => connection.quit()));
});

function connect(make: typeof connectForCommands): Redis {
  const connection = make(URL, () => {});
  connections.push(connection);
  return connection;
}

function leasesOf(connection: Redis, lockMs = HOUR_MS): Leases {
  const onLost = (pixelId: string) => void lost.push(pixelId);
  return new Leases(createStore(connection, prefix), { lockMs, work, onLost });
}

function lease() {
  const [envelope] = held;
  if (envelope === undefined) throw new Error('nothing is held');
  return envelope.lease;
}

const jobKey = () => leaseKeys(createKeys(prefix), PIXEL, ID)[0] ?? '';
const lockKey = () => leaseKeys(createKeys(prefix), PIXEL, ID)[1] ?? '';
const late = () => createPoisonStore(createStore(redis, prefix)).late(PIXEL, ID);

test('what was fetched just now is held without asking, and asking renews it', async () => {
  expect(lease().fresh()).toBe(true);
  await redis.pexpire(lockKey(), HOUR_MS / 2);
  expect(await lease().confirm()).toBe(true);
  expect(await redis.pttl(lockKey())).toBeGreaterThan(HOUR_MS / 2);
  expect(lost).toEqual([]);
});

test('a lock that ran out is taken again while no other worker has touched the envelope', async () => {
  await redis.del(lockKey());
  expect(await lease().confirm()).toBe(true);
  expect(await redis.get(lockKey())).toBe(held[0]?.token);
  expect(lost).toEqual([]);
});

test.each<[string, () => Promise<unknown>, number]>([
  ['another worker holds it', () => redis.set(lockKey(), 'another'), 0],
  [
    'another worker holds it because this one was taken for dead',
    () => redis.multi().set(lockKey(), 'another').hincrby(jobKey(), 'stc', 1).exec(),
    1,
  ],
  [
    'another worker held it too, and its lock ran out',
    () => redis.multi().del(lockKey()).hincrby(jobKey(), 'ats', 1).exec(),
    0,
  ],
])('a hold is lost once %s', async (_, change, forgiven) => {
  await change();
  expect(await lease().confirm()).toBe(false);
  expect(lease().fresh()).toBe(false);
  expect(await lease().confirm()).toBe(false);
  expect(lost).toEqual([PIXEL]);
  expect(await late()).toBe(forgiven);
});

test('holds are renewed ahead of their time, by one command for all pixels', async () => {
  const soon = leasesOf(redis, 600);
  await redis.set(lockKey(), 'token', 'PX', 600);
  const starts = Number(await redis.hget(jobKey(), 'ats'));
  const fetched = { pixelId: PIXEL, id: ID, token: 'token', starts, stalls: 0, askedAt: 0 };
  const renewed = soon.hold(fetched);
  expect(renewed.fresh()).toBe(false);
  await eventually(() => expect(renewed.fresh()).toBe(true));
  renewed.release();
  soon.close();
});

test('what Redis refuses to renew is tried until it does, and is told and seen meanwhile', async () => {
  const token = (await redis.get(lockKey())) ?? '';
  await redis.multi().del(lockKey()).lpush(lockKey(), 'no lock').exec();
  const asked = lease().confirm();
  await eventually(() => expect(failures.length).toBeGreaterThan(1));
  expect(new Set(failures)).toEqual(new Set(['hold wrong_type']));
  expect(work.fault()).toContain('hold: ');
  expect(lost).toEqual([]);
  await redis.multi().del(lockKey()).set(lockKey(), token).exec();
  expect(await asked).toBe(true);
  expect(work.fault()).toBeNull();
});

test('what Redis refuses to renew ahead of its time is told and seen, and forgotten when let go', async () => {
  const soon = leasesOf(redis, 600);
  await redis.multi().del(lockKey()).lpush(lockKey(), 'no lock').exec();
  const fetched = { pixelId: PIXEL, id: ID, token: 'token', starts: 1, stalls: 0, askedAt: 0 };
  const refused = soon.hold(fetched);
  await eventually(() => expect(work.fault()).toContain('hold: '));
  expect(failures).toContain('hold wrong_type');
  expect(lost).toEqual([]);
  refused.release();
  await eventually(() => expect(work.fault()).toBeNull());
  soon.close();
  await redis.del(lockKey());
});

test('an envelope that this process fetches again while it still works on it waits for that', async () => {
  const before = lease();
  const fetched = { pixelId: PIXEL, id: ID, token: 'next', starts: 2, stalls: 1 };
  const next = leases.hold({ ...fetched, askedAt: performance.now() });
  expect(before.fresh()).toBe(false);
  expect(await before.confirm()).toBe(false);
  const ended: string[] = [];
  void next.predecessor?.then(() => ended.push('before'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toEqual([]);
  letGo();
  await next.predecessor;
  expect(ended).toEqual(['before']);
  expect(next.fresh()).toBe(true);
  next.release();
});
