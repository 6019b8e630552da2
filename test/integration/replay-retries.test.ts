import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadConfiguration } from '#config/load.ts';
import { keepDoing } from '#control/duties/lease.ts';
import { carryReplaysOn, type ReplayKeeperOptions } from '#control/duties/replays.ts';
import { createLogger } from '#process/logger.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { changeReplay, createReplay, readReplay } from '#store/dead-letters/replay/store.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { sealerOf } from '#store/sealing.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';

const REDIS_URL = process.env['TEST_REDIS_URL'] ?? '';
const MISSING = 'r0missing';
let fleet: Fleet;
let redis: Redis;

beforeAll(async () => {
  const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
  fleet = await Fleet.prepare({ brokers, redisUrl: REDIS_URL });
  redis = connectForCommands(REDIS_URL, () => {});
});

afterAll(async () => {
  await redis.quit();
  await fleet.stop();
});

test('a replay that cannot be carried on is counted, and seen until it can or is gone', async () => {
  const failures: string[] = [];
  const work = new RedisWork({ onFailure: (operation) => failures.push(operation) });
  const configuration = await loadConfiguration(fleet.configuration, {});
  const detached = fleet.store.keys.detachedReplays;
  await redis.sadd(detached, MISSING);
  const logged: (string | null | undefined)[] = [];
  const options: ReplayKeeperOptions = {
    store: { ...fleet.store, sealer: sealerOf(configuration.sealing) },
    owner: 'duties:test',
    work,
    configuration: () => configuration,
    logger: createLogger('test', 'error', { write() {} }),
    log: { failed: (_message, _error, group) => void logged.push(group?.['replay']) },
  };
  const { signal } = new AbortController();
  const end = keepDoing({ current: () => signal }, 100, (term) => carryReplaysOn(options, term));
  try {
    await eventually(() => expect(failures.length).toBeGreaterThan(1));
    expect(new Set(failures)).toEqual(new Set(['replays']));
    expect(new Set(logged)).toEqual(new Set([MISSING]));
    expect(work.fault()).toContain(`replays of ${MISSING}`);
    await redis.srem(detached, MISSING);
    await eventually(() => expect(work.fault()).toBeNull());
  } finally {
    await end();
  }
});

test('a replay that is cancelled while another process is about to pause it stays cancelled', async () => {
  const { store } = fleet;
  const asked = {
    ...{ where: '', startedAt: Date.now(), planned: 0, max: null, rate: null, canary: 0 },
    ...{ stopAbove: 1, includeUnknown: false, forceLoop: false, by: 'test', reason: 'a test' },
  };
  const { id } = (await createReplay(store, asked, false)).spec;
  const change = (state: 'paused' | 'cancelled') => ({ state, why: null, by: 'tests' });
  const own = connectForCommands(REDIS_URL, () => {});
  const read = own.hgetall.bind(own) as (key: string) => Promise<Record<string, string>>;
  let reads = 0;
  own.hgetall = (async (key: string) => {
    const found = await read(key);
    reads += 1;
    if (reads === 1) expect(await changeReplay(store, id, change('cancelled'))).toBeNull();
    return found;
  }) as typeof own.hgetall;
  const before = await changeReplay({ ...store, redis: own }, id, change('paused'));
  await own.quit();
  expect(before?.state).toBe('cancelled');
  expect((await readReplay(store, id))?.state).toBe('cancelled');
});
