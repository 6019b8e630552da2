import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { NewDeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { writeFacts } from '#store/dead-letters/pages/page.ts';
import { createOpenSealer, createSealer, type Sealer } from '#store/sealing.ts';
import { type CommandResult, commandHere } from '#test/support/command-here.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { deadRecord, insertDeadLetters } from '#test/support/insert-dead-letters.ts';
import { sealVersion1 } from '#test/support/sealed-v1.ts';

const [PIXEL = '', OTHER = ''] = PIXELS;
const KEY = { id: 'k', key: randomBytes(32) };

let fleet: Fleet;
let sealer: Sealer;

beforeEach(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      sealing: { currentKey: KEY.id, keys: [{ id: KEY.id, key: KEY.key.toString('base64') }] },
    },
  });
  sealer = createSealer(KEY.id, [KEY]);
});

afterEach(async () => {
  expect(await fleet.stop()).not.toContain(1);
});

function capi(command: 'dead-letters' | 'replay', ...args: string[]): Promise<CommandResult> {
  return commandHere(command, [...args, '--config', fleet.configuration]);
}

/** The name of the page that a dead letter stands on, written alone. */
async function write(at: number, pixelId: string): Promise<string> {
  await insertDeadLetters(fleet.store, sealer, [deadRecord(at, pixelId)]);
  const [page = ''] = await fleet.redis.zrevrange(fleet.store.keys.dead.order, 0, 0);
  return page;
}

/** The same dead letter, said to be of another pixel. */
function redirected(at: number): NewDeadLetterFacts {
  return { ...deadRecord(at, PIXEL).facts, pixelId: OTHER };
}

describe('a dead letter whose facts were changed in Redis', () => {
  test.each<[string, (page: string, genuine: Buffer) => Buffer, string]>([
    ['left in the clear', () => writeFacts([redirected(1)]), 'is no sealed value'],
    [
      'not sealed',
      () => createOpenSealer().seal(writeFacts([redirected(1)]), ''),
      'is not sealed although sealing is on',
    ],
    [
      'taken from another page',
      (_, genuine) => genuine,
      'does not open under key "k": it was changed or belongs elsewhere',
    ],
  ])('%s is not replayed; it is named, and the others are', async (_, forge, why) => {
    const { facts } = fleet.store.keys.dead;
    const page = await write(1, PIXEL);
    const genuine = await write(2, OTHER);
    const theirs = await fleet.redis.hgetBuffer(facts, genuine);
    await fleet.redis.hset(facts, page, forge(page, theirs ?? Buffer.alloc(0)));
    await fleet.start('worker');
    const replay = await capi('replay', '--all', '--yes', '--json', '--canary', '0');
    expect(JSON.parse(replay.out)).toMatchObject({ state: 'finished', replayed: 1, delivered: 1 });
    expect(replay.err).toContain(`${page}: ${why}`);
    expect([...(await fleet.accepted())]).toEqual([['buried-2', 1]]);
    for (const command of ['show', 'edit']) {
      const asked = await capi('dead-letters', command, `${page}.0`, ...editing(command));
      expect(asked.code).not.toBe(0);
    }
    expect(await fleet.redis.hget(fleet.store.keys.dead.totals, 'held')).toBe('1');
    const summary = await capi('dead-letters', 'summary', '--json');
    expect(JSON.parse(summary.out)).toMatchObject([{ pixelId: PIXEL, events: 1 }]);
  });

  function editing(command: string): string[] {
    return command === 'edit' ? ['--set', 'a=1', '--yes'] : [];
  }
});

test('a page of the previous release is listed and replayed', async () => {
  const { dead } = fleet.store.keys;
  const page = await write(1, PIXEL);
  const first = '3w5e11264sgsf01';
  const { facts, content } = deadRecord(1, PIXEL);
  const plain = Buffer.concat([Buffer.from(`[${content.length}]\n`), content]);
  const contents = sealVersion1(KEY, zstdCompressSync(plain), `dead-letters:${first}`);
  await fleet.redis.hset(dead.facts, first, writeFacts([facts]));
  await fleet.redis.hset(dead.sealed, first, contents);
  await fleet.redis.zadd(dead.order, 1, first);
  await fleet.redis.zrem(dead.order, page);
  await fleet.redis.hdel(dead.facts, page);
  await fleet.redis.hdel(dead.sealed, page);
  const list = await capi('dead-letters', 'list', '--json');
  expect(JSON.parse(list.out)).toMatchObject({ deadLetters: [{ id: `${first}.0` }] });
  await fleet.start('worker');
  const replay = await capi('replay', '--all', '--yes', '--json', '--canary', '0');
  expect(JSON.parse(replay.out)).toMatchObject({ state: 'finished', delivered: 1 });
});

test('lines that are not sealed, or whose facts were changed, are not imported', async () => {
  await write(1, PIXEL);
  const { out } = await capi('dead-letters', 'export', '--sealed');
  const line = JSON.parse(out) as { sealed: string; store: string };
  const unsealed = createOpenSealer().seal(zstdCompressSync(deadRecord(1, PIXEL).content), '');
  const elsewhere = { ...line, store: 'elsewhere' };
  const lines = [
    { ...elsewhere, sealed: unsealed.toString('base64') },
    { ...line, pixelId: OTHER },
    elsewhere,
  ];
  const file = join(dirname(fleet.configuration), 'lines.ndjson');
  await writeFile(file, lines.map((each) => `${JSON.stringify(each)}\n`).join(''));
  const imported = await capi('dead-letters', 'import', file, '--json');
  expect(JSON.parse(imported.out)).toMatchObject({ imported: 0, bad: 3 });
  expect(imported.err).toContain('is not sealed although sealing is on');
  expect(imported.err).toContain('it was changed or belongs elsewhere');
});
