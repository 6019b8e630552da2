import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Redis } from '#store/connection.ts';
import { createPublishStore, PUBLISH_LOCK_MS } from '#store/dead-letters/publish.ts';
import { createLaneBoard } from '#store/delivery/lane-board.ts';
import { createOrphanStore } from '#store/delivery/orphans.ts';
import { createSettlementStore } from '#store/delivery/settlement.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { createKeys, type Keys, leaseKeys, queueName } from '#store/keys.ts';
import { CLAIM } from '#store/lua/envelopes.ts';
import { RENEW } from '#store/lua/leases.ts';
import { HEAL } from '#store/lua/orphans.ts';
import { runScript } from '#store/lua/scripts.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { imbalance, readLedgers } from '#store/status/ledger.ts';
import { createStore } from '#store/store.ts';
import { commandsIn } from '#test/support/commands-in.ts';
import { LimitedUser } from '#test/support/limited-user.ts';
import { uniqueName } from '#test/support/names.ts';
import { refusedWork } from '#test/support/refused-work.ts';

const SERVER = process.env['TEST_REDIS_URL'] ?? '';
const PIXEL = '101';
const EVENTS = 10;
const ID = 'e-1';
const REFUSED = /NOPERM|no permissions?|can.t run this command/i;
let limited: LimitedUser;
let admin: Redis;
let user: Redis;
let prefix = '';
let keys: Keys;

beforeAll(async () => {
  limited = await LimitedUser.connect(SERVER);
  ({ admin, redis: user } = limited);
});

beforeEach(async () => {
  await allow();
  prefix = `{${uniqueName('script-errors')}}`;
  keys = createKeys(prefix);
});

afterAll(async () => {
  await limited.remove();
});

const allow = (...rules: string[]): Promise<void> => limited.allow(...rules);

const list = (part: string) => `${prefix}:${queueName(PIXEL)}:${part}`;

async function fill(): Promise<void> {
  const intake = createIntakeStore(createStore(admin, prefix), {
    groupId: 'g',
    sealer: createOpenSealer(),
  });
  const ids = ['e-0', ID, 'e-2'];
  const queued = ids.length * EVENTS;
  await intake.write({
    envelopes: ids.map((id) => ({ pixelId: PIXEL, id, data: { n: EVENTS, d: 'all' } })),
    deadLetters: [],
    counts: new Map([[PIXEL, { consumed: queued, filtered: 0, dead: 0, queued }]]),
    steps: [{ topic: 't', partition: 0, from: null, to: queued }],
  });
}

/** Everything under the prefix. */
async function contents(): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const key of (await admin.keys(`${prefix}:*`)).sort()) {
    if (key === keys.settlementTrial) continue;
    const type = await admin.type(key);
    if (type === 'hash') found[key] = await admin.hgetall(key);
    else if (type === 'zset') found[key] = await admin.zrange(key, '0', '-1', 'WITHSCORES');
    else if (type === 'set') found[key] = (await admin.smembers(key)).sort();
    else if (type === 'list') found[key] = await admin.lrange(key, 0, -1);
    else if (type === 'stream') found[key] = await admin.xrange(key, '-', '+');
    else found[key] = await admin.get(key);
  }
  return found;
}

/** The job of an envelope whose events were settled, as its worker would have left it. */
async function settleBehindItsBack(): Promise<void> {
  await admin.hdel(keys.open(PIXEL), ID);
  await admin.hincrby(keys.ledger(PIXEL), 'queued', -EVENTS);
  await admin.hincrby(keys.ledger(PIXEL), 'delivered', EVENTS);
}

/** What is wrong with an envelope, by what setting it right is called. */
const WRONGS = {
  async lost() {
    await admin.del(keys.job(PIXEL, ID));
  },
  settled: settleBehindItsBack,
  async restored() {
    await admin.hdel(keys.open(PIXEL), ID);
    await admin.lrem(list('wait'), 0, ID);
  },
  async requeued() {
    await admin.lrem(list('wait'), 0, ID);
  },
};

describe.each(Object.keys(WRONGS) as (keyof typeof WRONGS)[])(
  'setting right an envelope that is %s',
  (kind) => {
    test.each(commandsIn(HEAL.lua()))(
      'changes all or nothing without the permission for %s',
      async (command) => {
        await fill();
        await WRONGS[kind]();
        const orphans = createOrphanStore(createStore(user, prefix));
        const before = await contents();
        await allow(`-${command}`);
        const refused = await orphans.heal(PIXEL, ID).catch((error: Error) => error.message);
        if (typeof refused === 'string') {
          expect(refused).toMatch(REFUSED);
          expect(await contents()).toEqual(before);
        }
        await allow();
        const healed = typeof refused === 'string' ? await orphans.heal(PIXEL, ID) : refused;
        expect(healed).toEqual({ kind, events: EVENTS });
        await expectSound(kind === 'settled' || kind === 'lost' ? 2 : 3);
      },
    );

    test.each(['suspects', 'unreadable', 'ledger'] as const)(
      'changes nothing where the key of %s holds something else',
      async (name) => {
        await fill();
        await WRONGS[kind]();
        const key = keys[name](PIXEL);
        const kept = `${key}:kept`;
        if ((await admin.exists(key)) === 1) await admin.rename(key, kept);
        await admin.set(key, 'something else');
        const before = await contents();
        const orphans = createOrphanStore(createStore(user, prefix));
        await expect(orphans.heal(PIXEL, ID)).rejects.toThrow('WRONGTYPE');
        expect(await contents()).toEqual(before);
        await admin.del(key);
        if ((await admin.exists(kept)) === 1) await admin.rename(kept, key);
        expect(await orphans.heal(PIXEL, ID)).toEqual({ kind, events: EVENTS });
      },
    );
  },
);

/** As many envelopes with an entry, a job and a place in a list, and a ledger that adds up. */
async function expectSound(envelopes: number): Promise<void> {
  const ledger = (await readLedgers({ redis: admin, keys })).get(PIXEL);
  expect(ledger).toMatchObject({ consumed: 3 * EVENTS, queued: envelopes * EVENTS });
  if (ledger !== undefined) expect(imbalance(ledger)).toBe(0);
  const open = (await admin.hkeys(keys.open(PIXEL))).sort();
  expect(open).toHaveLength(envelopes);
  expect((await admin.lrange(list('wait'), 0, -1)).sort()).toEqual(open);
  const jobs = (await admin.keys(`${prefix}:${queueName(PIXEL)}:e-*`)).sort();
  expect(jobs).toEqual(open.map((id) => keys.job(PIXEL, id)));
  expect(await admin.exists(keys.settlementTrial)).toBe(0);
}

describe('claiming an envelope of a worker that vanished', () => {
  /** The envelope is in the list of active ones, and we have its lock. */
  async function take(): Promise<void> {
    await fill();
    await admin.lrem(list('wait'), 0, ID);
    await admin.lpush(list('active'), ID);
    await admin.sadd(list('stalled'), ID);
    await admin.set(`${keys.job(PIXEL, ID)}:lock`, 'us');
  }

  /** Tries until it may, as a worker does; nothing changes before. */
  async function claimWithout(command: string) {
    const { work, twice, failures } = refusedWork();
    const store = createSettlementStore(createStore(user, prefix), {
      sealer: createOpenSealer(),
      work,
    });
    const before = await contents();
    await allow(`-${command}`);
    const claiming = store.claim(PIXEL, { id: ID, token: 'us', data: { n: EVENTS, d: 'all' } });
    await Promise.race([claiming, twice]);
    if (failures() > 0) expect(await contents()).toEqual(before);
    await allow();
    return claiming;
  }

  test.each(commandsIn(CLAIM.lua()))(
    'changes all or nothing without the permission for %s',
    async (command) => {
      await take();
      expect(await claimWithout(command)).toMatchObject({ n: EVENTS, d: 'all' });
      expect(await admin.hget(keys.open(PIXEL), ID)).toBe(`${EVENTS}`);
    },
  );

  test.each(commandsIn(CLAIM.lua()))(
    'removes one that was settled as a whole, without the permission for %s not at all',
    async (command) => {
      await take();
      await settleBehindItsBack();
      expect(await claimWithout(command)).toBeNull();
      expect(await admin.lrange(list('active'), 0, -1)).toEqual([]);
      await expectSound(2);
    },
  );
});

describe('the lane board', () => {
  const halt = { state: 'failing', why: 'no', rejecting: false, turn: 1 } as const;
  const WRITES = ['hset', 'hdel', 'zadd', 'set', 'del'];

  test.each(WRITES)(
    'halts and opens no lane in part without the permission for %s',
    async (command) => {
      const board = createLaneBoard(createStore(user, prefix));
      const until = () => Date.now() + 60_000;
      const before = await contents();
      await allow(`-${command}`);
      await expect(board.halt(PIXEL, null, { ...halt, until: until() })).rejects.toThrow(REFUSED);
      expect(await contents()).toEqual(before);
      await allow();
      const posted = await board.halt(PIXEL, null, { ...halt, until: until() });
      if (posted === null) throw new Error('nothing was posted');
      expect(await admin.pttl(list('limiter'))).toBeGreaterThan(0);
      expect(await admin.hget(list('meta'), 'concurrency')).toBe('1');
      const halted = await contents();
      await allow(`-${command}`);
      await expect(board.halt(PIXEL, posted, { ...halt, until: 0 })).rejects.toThrow(REFUSED);
      await expect(board.resume(PIXEL, posted)).rejects.toThrow(REFUSED);
      expect(await contents()).toEqual(halted);
      await allow();
      expect(await board.resume(PIXEL, posted)).toBe(true);
      expect(await board.read()).toEqual(new Map());
      expect(await admin.exists(list('limiter'), list('meta'), keys.settlementTrial)).toBe(0);
      expect(await admin.zcard(list('marker'))).toBe(1);
    },
  );

  test.each(['meta', 'marker'])(
    'halts no lane in part whose %s is something else',
    async (part) => {
      const board = createLaneBoard(createStore(user, prefix));
      await admin.set(list(part), 'something else');
      const before = await contents();
      const halting = board.halt(PIXEL, null, { ...halt, until: Date.now() + 60_000 });
      await expect(halting).rejects.toThrow('WRONGTYPE');
      expect(await contents()).toEqual(before);
    },
  );
});

describe('publishing dead letters', () => {
  const topic = 'dead-letters';
  const storeOf = (owner: string) =>
    createPublishStore(createStore(user, prefix), { topic, owner });

  test('a lock that could not be taken is free, and one that could not be given back ends', async () => {
    await allow('-set');
    await expect(storeOf('us').lock()).rejects.toThrow(REFUSED);
    await allow('-del');
    expect(await storeOf('us').lock()).toBe(true);
    await expect(storeOf('us').unlock()).rejects.toThrow(REFUSED);
    const left = await admin.pttl(keys.publishLock(topic));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(PUBLISH_LOCK_MS);
    await allow();
    await storeOf('us').unlock();
    expect(await storeOf('them').lock()).toBe(true);
  });

  test.each(['pexpire', 'hset'])(
    'a page that was not noted as published stays to be published, without the permission for %s',
    async (command) => {
      const store = storeOf('us');
      await store.lock();
      expect(await store.advance(3)).toBe(true);
      await allow(`-${command}`);
      await expect(store.advance(4)).rejects.toThrow(REFUSED);
      expect(await store.progress()).toMatchObject({ published: 3 });
      // The lock is as much ours as before, and ends by itself.
      expect(await admin.pttl(keys.publishLock(topic))).toBeGreaterThan(0);
      await allow();
      expect(await store.advance(4)).toBe(true);
      expect(await store.progress()).toMatchObject({ published: 4 });
    },
  );
});

describe('renewing the holds of a worker', () => {
  const HELD = ['e-0', ID, 'e-2'];

  /** Each was fetched once by us, but one of them has gone to another worker meanwhile. */
  async function hold(): Promise<void> {
    await fill();
    for (const id of HELD) {
      await admin.lpush(list('active'), id);
      await admin.sadd(list('stalled'), id);
      await admin.set(`${keys.job(PIXEL, id)}:lock`, id === ID ? 'them' : 'us', 'PX', 60_000);
      await admin.hset(keys.job(PIXEL, id), 'ats', id === ID ? 2 : 1, 'stc', id === ID ? 1 : 0);
    }
  }

  function renew(): Promise<(0 | 1)[]> {
    const held = HELD.flatMap((id) => leaseKeys(createKeys(prefix), PIXEL, id));
    const args = HELD.flatMap((id) => [id, 'us', 1, 0]);
    return runScript(user, RENEW, { keys: held, args: [600_000, ...args] });
  }

  test.each(['srem', 'hincrby'])(
    'renews them all even without the permission for %s, and counts what is late once',
    async (command) => {
      await hold();
      await allow(`-${command}`);
      await expect(renew()).rejects.toThrow(REFUSED);
      await expect(renew()).rejects.toThrow(REFUSED);
      for (const id of ['e-0', 'e-2']) {
        expect(await admin.pttl(`${keys.job(PIXEL, id)}:lock`)).toBeGreaterThan(60_000);
      }
      expect(await admin.get(`${keys.job(PIXEL, ID)}:lock`)).toBe('them');
      await allow();
      expect(await renew()).toEqual([1, 0, 1]);
      expect(await admin.hget(keys.job(PIXEL, ID), 'late')).toBe('1');
      expect(await admin.smembers(list('stalled'))).toEqual([ID]);
    },
  );

  test('without the permission for set, every hold stays as long as it was taken for', async () => {
    await hold();
    const before = await contents();
    await allow('-set');
    await expect(renew()).rejects.toThrow(REFUSED);
    expect(await contents()).toEqual(before);
    await allow();
    expect(await renew()).toEqual([1, 0, 1]);
  });
});
