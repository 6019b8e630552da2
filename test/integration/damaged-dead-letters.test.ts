import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '#config/load.ts';
import { writeMessage } from '#core/event/kafka-message.ts';
import { publishPending } from '#store/dead-letters/publish.ts';
import { createReplay, readReplay } from '#store/dead-letters/replay/store.ts';
import type { NewDeadLetter } from '#store/dead-letters/script-arguments.ts';
import { createKeys } from '#store/keys.ts';
import { ownerName } from '#store/locks.ts';
import type { Sealer } from '#store/sealing.ts';
import { sealerOf } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { type CommandResult, commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { deadMessage, deadRecord, insertDeadLetters } from '#test/support/insert-dead-letters.ts';

/*
 * One dead letter of each kind that does not open, between two that do: whatever is done to all of them
 * is done to those two, and tells of the others.
 */

const [PIXEL = ''] = PIXELS;
const HUGE_BYTES = 300_000_000;
const UNREADABLE = ['sealed otherwise', 'no record', 'huge'];

let fleet: Fleet;
let sealer: Sealer;
/** Name of each dead letter → its page. */
let pages: Map<string, string>;

/** The configuration, and all that the fleet has in Redis, as each test finds it. */
let configuration: string;
let saved: readonly (readonly [key: string, value: Buffer])[];

beforeAll(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
  });
  sealer = sealerOf((await loadConfiguration(fleet.configuration, {})).sealing);
  pages = new Map();
  await write('first', deadRecord(1, PIXEL));
  await write('sealed otherwise', deadRecord(2, PIXEL));
  await write('no record', { ...deadRecord(3, PIXEL), content: Buffer.from('no record at all') });
  await write('huge', hugeLetter(4));
  await write('truncated', truncatedLetter(5));
  await write('no facts', deadRecord(6, PIXEL));
  await write('last', deadRecord(7, PIXEL));
  const { sealed, facts } = fleet.store.keys.dead;
  await fleet.redis.hset(sealed, pages.get('sealed otherwise') ?? '', randomBytes(500));
  await fleet.redis.hset(facts, pages.get('no facts') ?? '', zstdCompressSync(Buffer.from('{}')));
  configuration = await readFile(fleet.configuration, 'utf8');
  saved = await Promise.all(
    (await fleet.redis.keys(`${fleet.prefix}*`)).map(
      async (key) => [key, (await fleet.redis.dumpBuffer(key)) ?? Buffer.alloc(0)] as const,
    ),
  );
});

beforeEach(async () => {
  await fleet.clear();
  for (const [key, value] of saved) await fleet.redis.restore(key, 0, value);
  await writeFile(fleet.configuration, configuration);
});

afterEach(async () => {
  await Promise.all(fleet.processes.splice(0).map((process) => process.stop()));
});

afterAll(() => fleet.stop());

async function write(name: string, letter: NewDeadLetter): Promise<void> {
  await insertDeadLetters(fleet.store, sealer, [letter]);
  const [page = ''] = await fleet.redis.zrevrange(fleet.store.keys.dead.order, 0, 0);
  pages.set(name, page);
}

/** As the release before this one wrote a message that decompressed to more than it should. */
function hugeLetter(at: number): NewDeadLetter {
  const value = Buffer.alloc(HUGE_BYTES, ' ');
  const letter = deadMessage(at, PIXEL, {});
  return { ...letter, content: writeMessage({ key: null, value, headers: {} }) };
}

function truncatedLetter(at: number): NewDeadLetter {
  const letter = deadMessage(at, PIXEL, { type: 'track' });
  return { ...letter, facts: { ...letter.facts, reason: 'too_large', truncatedFrom: 2_000_000 } };
}

function idOf(name: string): string {
  return `${pages.get(name)}.0`;
}

function capi(command: 'dead-letters' | 'replay', ...args: string[]): Promise<CommandResult> {
  return commandHere(command, [...args, '--config', fleet.configuration]);
}

async function left(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of fleet.deadLetters()) ids.push(id);
  return ids;
}

const lines = (text: string): { id: string }[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { id: string });

describe('dead letters that do not open', () => {
  test('are named by list, show, edit and export, which go on with the others', async () => {
    const list = await capi('dead-letters', 'list', '--json');
    expect(list.code).toBe(0);
    const { deadLetters } = JSON.parse(list.out) as { deadLetters: { id: string }[] };
    expect(deadLetters).toHaveLength(pages.size - 1);
    expect(list.err).toContain(`${pages.get('no facts')}: is no sealed value`);
    for (const name of UNREADABLE) {
      const shown = await capi('dead-letters', 'show', idOf(name), '--diff');
      expect({ name, code: shown.code, out: shown.out }).toMatchObject({
        code: 0,
        out: expect.stringContaining('The event cannot be read: '),
      });
      const edited = await capi('dead-letters', 'edit', idOf(name), '--set', 'a=1', '--yes');
      expect({ name, code: edited.code }).toEqual({ name, code: 5 });
    }
    for (const mode of ['--sealed', '--reveal']) {
      const exported = await capi('dead-letters', 'export', mode);
      expect(exported.code).toBe(4);
      const ids = lines(exported.out).map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining([idOf('first'), idOf('truncated'), idOf('last')]));
    }
  });

  test('are purged without being opened where no backup is asked for', async () => {
    const { sealed } = fleet.store.keys.dead;
    for (const page of pages.values()) await fleet.redis.hset(sealed, page, randomBytes(50));
    const purged = await capi('dead-letters', 'purge', '--all', '--no-backup', '--yes', '--json');
    expect(JSON.parse(purged.out)).toMatchObject({ purged: pages.size - 1, unreadable: 0 });
    expect(await left()).toEqual([]);
  });

  test('are purged without the key that sealed them where everything goes and nothing is kept', async () => {
    const config = JSON.parse(await readFile(fleet.configuration, 'utf8')) as object;
    const key = randomBytes(32).toString('base64');
    const keyless = { ...config, sealing: { currentKey: 'x', keys: [{ id: 'x', key }] } };
    await writeFile(fleet.configuration, JSON.stringify(keyless));
    const some = await capi(
      'dead-letters',
      'purge',
      '--where',
      `pixel:${PIXEL}`,
      '--yes',
      '--json',
    );
    expect(some.code).not.toBe(0);
    expect(some.err).toContain('sealed under key "fleet", which is not among sealing.keys');
    const purged = await capi('dead-letters', 'purge', '--all', '--no-backup', '--yes', '--json');
    expect(JSON.parse(purged.out)).toMatchObject({ purged: pages.size - 1, unreadable: 0 });
    const { dead } = fleet.store.keys;
    expect(await fleet.redis.hkeys(dead.facts)).toEqual([pages.get('no facts')]);
    // Only the one without an outline is still counted.
    expect(await fleet.redis.hget(dead.totals, 'held')).toBe('1');
    for (const counts of [dead.counts, dead.died, dead.expire]) {
      expect(await fleet.redis.hvals(counts)).toEqual(['1']);
    }
    const { dead: left, purged: gone } = (await fleet.ledgers()).get(PIXEL) ?? {};
    expect({ left, gone }).toEqual({ left: 1, gone: pages.size - 1 });
  });

  test('stay when a purge cannot back them up, and the others go', async () => {
    const folder = join(dirname(fleet.configuration), 'backup');
    await mkdir(folder);
    const backup = ['--backup', join(folder, 'all.ndjson')];
    const purged = await capi('dead-letters', 'purge', '--all', ...backup, '--yes', '--json');
    expect(purged.code).toBe(4);
    const stay = ['sealed otherwise', 'huge'].map(idOf);
    expect((await left()).sort()).toEqual(stay.sort());
    const imported = await capi('dead-letters', 'import', backup[1] ?? '', '--json');
    expect(JSON.parse(imported.out)).toMatchObject({ imported: pages.size - 3, bad: 0 });
  });

  test('do not keep a replay from putting the others back, and a truncated one says why', async () => {
    await fleet.start('worker');
    const replay = await capi('replay', '--all', '--yes', '--json', '--canary', '0');
    expect(JSON.parse(replay.out)).toMatchObject({
      state: 'finished',
      replayed: 2,
      delivered: 2,
      skipped: { unreadable: UNREADABLE.length, truncated: 1 },
    });
    expect(replay.err).toContain(`${pages.get('no facts')}: is no sealed value`);
    const shown = await capi('dead-letters', 'show', idOf('truncated'), '--diff');
    expect(shown.out).toContain('only the first part of 2,000,000 bytes: it cannot be replayed');
    expect(shown.out).toContain('buried, partition 0, offset 5');
    expect(shown.out).toContain('skipped (only the first part');
  });

  test('do not keep the topic from the others', async () => {
    const sent: string[] = [];
    const unreadable: string[] = [];
    await publishPending({
      store: { ...fleet.store, sealer },
      topic: 'any',
      owner: ownerName('test'),
      send: async (publications) => {
        for (const { headers, truncated } of publications) sent.push(`${headers.id} ${truncated}`);
      },
      signal: new AbortController().signal,
      onUnreadable: ({ name }) => unreadable.push(name),
      pause: async () => {},
    });
    expect(unreadable).toEqual([pages.get('no facts')]);
    const whole = ['first', 'no record', 'truncated', 'last'].map((name) => `${idOf(name)} false`);
    const without = ['sealed otherwise', 'huge'].map((name) => `${idOf(name)} true`);
    expect(sent.sort()).toEqual([...whole, ...without].sort());
  });
});

test('a replay that throws is stopped with its reason, and the one behind it gets its turn', async () => {
  const { redis, prefix } = fleet;
  const asked = {
    where: '',
    startedAt: Date.now(),
    planned: 1,
    max: null,
    rate: null,
    canary: 0,
    stopAbove: 1,
    includeUnknown: false,
    forceLoop: false,
    by: 'test',
    reason: null,
  };
  const filterless = await createReplay(
    createStore(redis, prefix),
    { ...asked, where: 'nonsense:1' },
    true,
  );
  const broken = await createReplay(
    createStore(redis, prefix),
    { ...asked, startedAt: asked.startedAt + 1 },
    true,
  );
  const key = createKeys(prefix).replay(broken.spec.id);
  await redis.hset(key, 'spec', '{');
  const good = await createReplay(
    createStore(redis, prefix),
    { ...asked, startedAt: asked.startedAt + 2 },
    true,
  );
  await fleet.start('control');
  await eventually(async () => {
    expect(await readReplay(createStore(redis, prefix), filterless.spec.id)).toMatchObject({
      state: 'stopped',
      why: expect.stringContaining('its filter cannot be read'),
    });
    expect(await readReplay(createStore(redis, prefix), good.spec.id)).toMatchObject({
      state: 'finished',
    });
  });
});
