import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { scrape } from '#local/scrape.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { createTraffic, type Traffic } from '#test/support/traffic.ts';

const MESSAGES = 600;
const PATIENCE = { everyMs: 250 };
const OLD = { id: 'old', key: randomBytes(32).toString('base64') };
const NEW = { id: 'new', key: randomBytes(32).toString('base64') };
const IMPOSTOR = { id: 'old', key: randomBytes(32).toString('base64') };
let fleet: Fleet;

beforeEach(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      sealing: { currentKey: 'old', keys: [OLD] },
      worker: { port: 0, blocked: { probeMs: 200 } },
    },
  });
});

afterEach(async () => {
  expect(await fleet.stop()).not.toContain(1);
});

async function sealWith(currentKey: string, keys: readonly object[]): Promise<void> {
  const file = JSON.parse(await readFile(fleet.configuration, 'utf8'));
  file.sealing = { currentKey, keys };
  await writeFile(fleet.configuration, JSON.stringify(file));
}

/** Lets ingest take messages under the keys that are configured, and ends it. */
async function take({ messages }: Traffic, consumed = messages.length): Promise<void> {
  const ingest = await fleet.start('ingest');
  await fleet.send(messages);
  await eventually(async () => {
    const ledgers = [...(await fleet.ledgers()).values()];
    expect(ledgers.reduce((sum, ledger) => sum + ledger.consumed, 0)).toBe(consumed);
  }, PATIENCE);
  await ingest.stop();
}

async function run(command: string, args: readonly string[]): Promise<string> {
  return (await commandHere(command, [...args, '--config', fleet.configuration])).out;
}

async function unreadable(url: string): Promise<number> {
  return (await scrape([url])).sum('capi_queue_unreadable_envelopes', {});
}

test.each([
  ['missing', [NEW], 'sealed under key \\"old\\", which is not among sealing.keys'],
  ['wrong', [NEW, IMPOSTOR], 'does not open under key \\"old\\"'],
])(
  'a %s key throws nothing away and says so; the right one delivers everything',
  async (_name, keys, words) => {
    const traffic = createTraffic('sealing', MESSAGES);
    await take(traffic);
    await sealWith('new', keys);
    const [worker, control] = await Promise.all([fleet.start('worker'), fleet.start('control')]);
    const waiting = PIXELS.map((pixel) => fleet.redis.hlen(fleet.store.keys.open(pixel)));
    const envelopes = (await Promise.all(waiting)).reduce((a, b) => a + b, 0);
    await eventually(async () => expect(await unreadable(control.url)).toBe(envelopes), PATIENCE);
    expect(await run('check', ['--json'])).toContain(words);
    expect(worker.log().split('envelopes cannot be opened')).toHaveLength(PIXELS.length + 1);
    expect([...(await fleet.accepted()).keys()]).toEqual([]);
    await worker.stop();

    await sealWith('new', [NEW, OLD]);
    await fleet.start('worker');
    await settled(fleet, MESSAGES);
    expect(new Set((await fleet.accepted()).keys())).toEqual(traffic.good);
    await eventually(async () => expect(await unreadable(control.url)).toBe(0), PATIENCE);
    expect(await run('check', ['--json'])).not.toContain('not open');
  },
);

test('after a rotation, envelopes and dead letters of both keys open', async () => {
  const before = createTraffic('before', MESSAGES, 0.1);
  const after = createTraffic('after', MESSAGES, 0.1);
  await take(before);
  await sealWith('new', [NEW, OLD]);
  await take(after, 2 * MESSAGES);
  await fleet.start('worker');
  await settled(fleet, 2 * MESSAGES);
  expect(new Set((await fleet.accepted()).keys())).toEqual(
    new Set([...before.good, ...after.good]),
  );
  const sealed = await fleet.redis.hvalsBuffer(fleet.store.keys.dead.sealed);
  expect(new Set(sealed.map((each) => each.toString('latin1', 2, 5)))).toEqual(
    new Set(['old', 'new']),
  );
  const exported = (await run('dead-letters', ['export'])).trim().split('\n');
  let dead = 0;
  for await (const { id } of fleet.deadLetters()) dead += id === '' ? 0 : 1;
  expect(exported).toHaveLength(dead);
});

test('a damaged envelope stays alone in the queue, and arrives when it is repaired', async () => {
  const traffic = createTraffic('damaged', MESSAGES);
  await take(traffic);
  const keys = fleet.store.keys;
  const [pixel = ''] = PIXELS;
  const [envelope = ''] = await fleet.redis.hkeys(keys.open(pixel));
  const job = keys.job(pixel, envelope);
  const whole = (await fleet.redis.hget(job, 'data')) ?? '';
  await fleet.redis.hset(job, 'data', whole.replace(/"d":".{40}/, `"d":"${'A'.repeat(40)}`));
  const [control] = await Promise.all([fleet.start('control'), fleet.start('worker')]);
  const events = Number(await fleet.redis.hget(keys.open(pixel), envelope));
  await eventually(async () => {
    const queued = [...(await fleet.ledgers()).values()].map((ledger) => ledger.queued);
    expect(queued.reduce((a, b) => a + b, 0)).toBe(events);
    expect(await unreadable(control.url)).toBe(1);
  }, PATIENCE);
  await fleet.redis.hset(job, 'data', whole);
  await settled(fleet, MESSAGES);
  expect(new Set((await fleet.accepted()).keys())).toEqual(traffic.good);
});
