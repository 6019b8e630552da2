import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { LocalServer } from '#local/server.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { RecordLines, sealEnvelope } from '#store/intake/envelope.ts';
import type { Intake, IntakeStore } from '#store/intake/writer.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { createKeys } from '#store/keys.ts';
import { HalfWrittenError } from '#store/lua/atomic.ts';
import { createSealer } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { deadRecord } from '#test/support/insert-dead-letters.ts';
import { uniqueName } from '#test/support/names.ts';

/** What the script of an intake does to Redis, and what it would take it back with. */
const COMMANDS = [
  ...['mget', 'mset', 'exists', 'incr', 'hget', 'hset', 'hmset', 'hmget', 'hincrby', 'hdel'],
  ...['lpush', 'lrem', 'zadd', 'zrem', 'sadd', 'xadd', 'del', 'llen', 'eval'],
];
const PIXELS = ['101', '102'];
const sealer = createSealer('k', [{ id: 'k', key: randomBytes(32) }]);
let folder = '';
let server: LocalServer;
let admin: Redis;
let user: Redis;
let prefix = '';
let store: IntakeStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-intake-errors-'));
  server = await startRedis({ folder, port: await freePort() }, () => {});
  admin = connectForCommands(server.address, () => {});
  await allow('+@all');
  const { port } = new URL(server.address);
  user = connectForCommands(`redis://ingest:secret@127.0.0.1:${port}`, () => {});
});

beforeEach(() => {
  prefix = `{${uniqueName('errors')}}`;
  store = createIntakeStore(createStore(user, prefix), { groupId: 'g', sealer });
});

afterAll(async () => {
  admin.disconnect();
  user.disconnect();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function allow(...rules: string[]): Promise<void> {
  await admin.call('ACL', 'SETUSER', 'ingest', 'on', '>secret', '~*', '&*', ...rules);
}

/** Two envelopes, three dead letters and what was filtered, of two partitions. */
function intake(): Intake {
  const envelopes = PIXELS.map((pixelId) => {
    const name = { pixelId, id: `t-0-${pixelId}` };
    const lines = RecordLines.of(['1', '2'].map((at) => Buffer.from(`0,0,0,0,${at}\t{}\t{}`)));
    return { ...name, data: sealEnvelope(sealer, name, [['t', 0]], lines) };
  });
  return {
    envelopes,
    deadLetters: [1, 2, 3].map((at) => deadRecord(at, '101')),
    counts: new Map([
      ['101', { consumed: 6, filtered: 1, dead: 3, queued: 2, reasons: new Map([['denied', 1]]) }],
      ['102', { consumed: 2, filtered: 0, dead: 0, queued: 2 }],
    ]),
    steps: [0, 1].map((partition) => ({ topic: 't', partition, from: null, to: 4 })),
  };
}

/** Everything under the prefix, except what counts up or wakes workers and means nothing alone. */
async function contents(): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const key of await admin.keys(`${prefix}:*`)) {
    if (/:(?:id|events|marker|meta|pixels)$/.test(key)) continue;
    const value = await readKey(key);
    if (value !== null) found.set(key.slice(prefix.length + 1), value);
  }
  return found;
}

async function readKey(key: string): Promise<unknown> {
  switch (await admin.type(key)) {
    case 'hash': {
      const fields = Object.entries(await admin.hgetall(key)).filter(
        ([field, value]) => value !== '0' && field !== 'pages',
      );
      return fields.length === 0 ? null : Object.fromEntries(fields);
    }
    case 'list':
      return admin.lrange(key, 0, -1);
    case 'zset':
      return admin.zrange(key, '0', '-1');
    default:
      return admin.get(key);
  }
}

/** Takes the intake, which was refused, and expects all of it exactly once. */
async function takenOnce(refused: Intake): Promise<void> {
  expect(await store.write(refused)).toBe('written');
  const found = await contents();
  for (const pixel of PIXELS) {
    expect(found.get(`deliver-${pixel}:wait`)).toEqual([`t-0-${pixel}`]);
    expect(found.get(`open:${pixel}`)).toEqual({ [`t-0-${pixel}`]: '2' });
  }
  expect(found.get('ledger:101')).toEqual({
    ...{ consumed: '6', filtered: '1', dead: '3', queued: '2' },
    ...{ 'filtered:denied': '1', passed: '1' },
  });
  expect(found.get('dead:totals')).toEqual({ held: '3' });
  expect(found.get('watermark:g:t:1')).toBe('4');
}

describe('an intake in which one command is refused leaves nothing behind and is taken once afterwards', () => {
  test.each(COMMANDS)('without the permission for %s', async (command) => {
    const refused = intake();
    await allow(`-${command}`, ...(command === 'eval' ? ['-evalsha'] : []));
    const outcome = await store.write(refused).catch((error: Error) => error);
    await allow('+@all');
    // Where only a branch that was not taken needs it, nothing is missing.
    if (outcome === 'written') expect(['llen', 'hmset']).toContain(command);
    else {
      expect((outcome as Error).message).toMatch(/NOPERM|no permissions?|can.t run this command/i);
      expect(outcome).not.toBeInstanceOf(HalfWrittenError);
      expect(Object.fromEntries(await contents())).toEqual({});
      await takenOnce(refused);
    }
  });

  test.each([
    'deliver-102:wait',
    'deliver-102:id',
    'deliver-102:meta',
    'deliver-102:events',
    'deliver-102:marker',
    'deliver-102:active',
    'open:102',
    'ledger:102',
    'pixels',
    ...['order', 'facts', 'sealed', 'groups', 'counts', 'died', 'expire', 'totals'].map(
      (key) => `dead:${key}`,
    ),
  ])('with a value of another type under %s', async (key) => {
    // Where BullMQ counts the jobs under way only in a halted lane, it is halted.
    if (key.endsWith(':active')) await admin.hset(`${prefix}:deliver-102:meta`, 'concurrency', 1);
    const planted = `${prefix}:${key}`;
    await store.watermarks([]);
    await admin.set(planted, 'planted');
    const refused = intake();
    const outcome = await store.write(refused).catch((error: Error) => error);
    expect((outcome as Error).message).toMatch(/WRONGTYPE|not an integer/);
    expect(outcome).not.toBeInstanceOf(HalfWrittenError);
    expect(Object.fromEntries(await contents())).toEqual(
      key === 'pixels' || /:(?:id|events|marker|meta)$/.test(key) ? {} : { [key]: 'planted' },
    );
    await admin.del(planted);
    await takenOnce(refused);
  });

  test('with a ledger that holds no number', async () => {
    await admin.hset(`${prefix}:ledger:102`, 'queued', 'many');
    const refused = intake();
    await expect(store.write(refused)).rejects.toThrow(/not an integer/);
    await admin.del(`${prefix}:ledger:102`);
    expect(Object.fromEntries(await contents())).toEqual({});
    await takenOnce(refused);
  });

  test('with an envelope of its id in the queue', async () => {
    await admin.hset(createKeys(prefix).job('102', 't-0-102'), 'data', 'another');
    const refused = intake();
    await expect(store.write(refused)).rejects.toThrow(/in the queue already/);
    expect([...(await contents()).keys()]).toEqual(['deliver-102:t-0-102']);
  });

  test('except where not even that is allowed: then nothing more is tried', async () => {
    const refused = intake();
    // DEL is allowed where it is rehearsed, and not where it is needed.
    await allow('-xadd', '-del', '(+del ~*:trial)');
    await expect(store.write(refused)).rejects.toThrow(HalfWrittenError);
    await allow('clearselectors', '+@all');
    const before = await contents();
    expect(before.get('deliver-101:t-0-101')).toBeDefined();
    await expect(store.write(refused)).rejects.toThrow(HalfWrittenError);
    expect(await contents()).toEqual(before);
  });
});
