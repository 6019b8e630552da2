import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadConfiguration } from '#config/load.ts';
import { keepDoing } from '#control/duties/lease.ts';
import { carryReplaysOn, type ReplayKeeperOptions } from '#control/duties/replays.ts';
import { createLogger } from '#process/logger.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
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
