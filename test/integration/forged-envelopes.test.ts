import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { scrape } from '#local/scrape.ts';
import type { EnvelopeData } from '#store/intake/envelope.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { plantedQueue } from '#test/support/planted-queue.ts';
import { sealVersion1 } from '#test/support/sealed-v1.ts';
import { createTraffic } from '#test/support/traffic.ts';

jest.setTimeout(300_000);

const MESSAGES = 300;
const PATIENCE = { everyMs: 250 };
const KEY = { id: 'k', key: randomBytes(32) };
const [PIXEL = '', OTHER = ''] = PIXELS;
let fleet: Fleet;

beforeEach(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      sealing: {
        currentKey: KEY.id,
        keys: [{ id: KEY.id, key: KEY.key.toString('base64') }],
      },
      worker: { port: 0, blocked: { probeMs: 200 } },
    },
  });
});

afterEach(async () => {
  expect(await fleet.stop()).not.toContain(1);
});

/** The plain form of an envelope of one event that was never sent. */
function plainEnvelope(eventId: string): Buffer {
  const now = Math.floor(Date.now() / 1000);
  const clear = {
    event_name: 'Lead',
    event_id: eventId,
    event_time: now,
    action_source: 'website',
  };
  const event = { ...clear, event_source_url: 'https://shop.example/', user_data: {} };
  const personal = JSON.stringify({ em: ['jane@example.com'] });
  const record = `${now},604800,${now}000,0,7\t${personal}\t${JSON.stringify(event)}`;
  return zstdCompressSync(Buffer.from(`{"v":1,"sources":[["${fleet.topic}",0]]}\n${record}`));
}

/** Puts an envelope straight into the queue of a pixel, as whoever can write to Redis can. */
async function plant(pixelId: string, id: string, data: EnvelopeData): Promise<void> {
  const queue = plantedQueue(fleet.store, pixelId);
  await queue.add('envelope', data, { jobId: id });
  const keys = fleet.store.keys;
  await fleet.redis.hset(keys.open(pixelId), id, data.n);
}

async function jobsOf(pixelId: string): Promise<Map<string, EnvelopeData>> {
  const keys = fleet.store.keys;
  const ids = await fleet.redis.hkeys(keys.open(pixelId));
  const jobs = new Map<string, EnvelopeData>();
  for (const id of ids) {
    const data = await fleet.redis.hget(keys.job(pixelId, id), 'data');
    jobs.set(id, JSON.parse(data ?? '') as EnvelopeData);
  }
  return jobs;
}

async function fill(): Promise<ReturnType<typeof createTraffic>> {
  const traffic = createTraffic('forged', MESSAGES);
  const ingest = await fleet.start('ingest');
  await fleet.send(traffic.messages);
  await eventually(async () => {
    const ledgers = [...(await fleet.ledgers()).values()];
    expect(ledgers.reduce((sum, { consumed }) => sum + consumed, 0)).toBe(MESSAGES);
  }, PATIENCE);
  await ingest.stop();
  return traffic;
}

async function check(): Promise<string> {
  return (await commandHere('check', ['--json', '--config', fleet.configuration])).out;
}

test('what was forged or moved in Redis is never sent, and waits where people see it', async () => {
  const traffic = await fill();
  const keys = fleet.store.keys;
  const [[genuine = '', data]] = [...(await jobsOf(PIXEL))] as [[string, EnvelopeData]];
  const [[changed = '', before]] = [...(await jobsOf(OTHER))] as [[string, EnvelopeData]];
  const unsealed = createOpenSealer().seal(plainEnvelope('forged'), '');
  await plant(PIXEL, 'unsealed', { n: 1, d: unsealed.toString('base64') });
  await plant(PIXEL, 'copied', data);
  await plant(OTHER, genuine, data);
  const more = { ...before, n: before.n + 1 };
  await fleet.redis.hset(keys.job(OTHER, changed), 'data', JSON.stringify(more));

  const [control] = await Promise.all([fleet.start('control'), fleet.start('worker')]);
  await eventually(async () => {
    expect((await fleet.accepted()).size).toBe(MESSAGES - before.n);
    const unreadable = (await scrape([control.url])).sum('capi_queue_unreadable_envelopes', {});
    expect(unreadable).toBe(4);
  }, PATIENCE);
  const seen = await check();
  expect(seen).toContain('is not sealed although sealing is on');
  expect(seen).toContain('it was changed or belongs elsewhere');

  // The one that had only been changed arrives once it is as it was; the others wait on.
  await fleet.redis.hset(keys.job(OTHER, changed), 'data', JSON.stringify(before));
  await eventually(async () => {
    expect(new Set((await fleet.accepted()).keys())).toEqual(traffic.good);
  }, PATIENCE);
  expect([...(await fleet.accepted()).values()].every((count) => count === 1)).toBe(true);
  for (const [pixel, id] of [
    [PIXEL, 'unsealed'],
    [PIXEL, 'copied'],
    [OTHER, genuine],
  ] as const) {
    expect(await fleet.redis.exists(keys.job(pixel, id))).toBe(1);
    expect(await fleet.redis.hexists(keys.open(pixel), id)).toBe(1);
  }
});

test('an envelope of version 1, as the previous release wrote it, is delivered', async () => {
  const sealed = sealVersion1(KEY, plainEnvelope('of-version-1'), `envelope:${PIXEL}`);
  await plant(PIXEL, 'from-before', { n: 1, d: sealed.toString('base64') });
  await fleet.start('worker');
  await eventually(async () => {
    expect([...(await fleet.accepted())]).toEqual([['of-version-1', 1]]);
    expect(await fleet.redis.hlen(fleet.store.keys.open(PIXEL))).toBe(0);
  }, PATIENCE);
});
