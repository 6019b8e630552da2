import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { createKafka } from '#kafka/client.ts';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { LocalServer } from '#local/server.ts';
import { imbalance } from '#store/status/ledger.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';
import { createTraffic } from '#test/support/traffic.ts';

const OFTEN = { everyMs: 250 };
const COMMITTED = 60;
const LATER = 40;
const BROKERS = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');

let folder = '';
let server: LocalServer;
let fleet: Fleet;
let admin: Admin;

beforeEach(async () => {
  admin = createKafka({ brokers: BROKERS, clientId: 't', ssl: false, sasl: null }).admin();
  await admin.connect();
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-older-'));
  server = await startRedis({ folder, port: await freePort() }, () => {});
  fleet = await Fleet.prepare({
    brokers: BROKERS,
    redisUrl: server.address,
    partitions: 1,
    sections: { ingest: { port: 0, stopTimeoutMs: 120_000, commitIntervalMs: 10_000 } },
  });
});

afterEach(async () => {
  await admin.disconnect();
  await fleet.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const live = () => join(folder, 'appendonlydir');
const backup = () => join(folder, 'backup');

/** Puts Redis back to where it was when the backup was made. */
async function restore(): Promise<void> {
  await server.kill();
  await rm(live(), { recursive: true, force: true });
  await cp(backup(), live(), { recursive: true });
  await server.start();
}

async function committed(): Promise<number> {
  const [found] = await admin.fetchOffsets({ groupId: fleet.topic, topics: [fleet.topic] });
  return Number(found?.partitions[0]?.offset);
}

/** Events taken into this Redis, and those of them that wait in it; its ledger balances. */
async function ledger(): Promise<{ consumed: number; queued: number }> {
  const ledgers = [...(await fleet.ledgers()).values()];
  expect(ledgers.map(imbalance).filter((events) => events !== 0)).toEqual([]);
  const sum = (of: 'consumed' | 'queued') => ledgers.reduce((all, each) => all + each[of], 0);
  return { consumed: sum('consumed'), queued: sum('queued') };
}

async function untilQueued(events: number): Promise<void> {
  await eventually(
    async () => expect(await ledger()).toEqual({ consumed: events, queued: events }),
    OFTEN,
  );
}

test('of a Redis from before a first watermark, what was committed and still waited is lost, and nothing else', async () => {
  const before = await fleet.start('ingest');
  await eventually(
    async () => expect((await fetch(`${before.url}/readyz`)).status).toBe(200),
    OFTEN,
  );
  await cp(live(), backup(), { recursive: true });
  const first = createTraffic('first', COMMITTED).messages;
  const later = createTraffic('later', LATER).messages;
  await fleet.send(first);
  await untilQueued(COMMITTED);
  // Not within the first minute.
  await eventually(async () => expect(await committed()).toBe(COMMITTED), OFTEN);
  await fleet.send(later);
  await untilQueued(COMMITTED + LATER);
  before.kill('SIGKILL');
  await before.exited;
  const lost = await committed();
  await restore();
  await eventually(async () => expect(await ledger()).toEqual({ consumed: 0, queued: 0 }), OFTEN);
  await fleet.start('ingest');
  await untilQueued(COMMITTED + LATER - lost);
  await fleet.start('worker');
  const sent = [...first, ...later].slice(lost).map(({ value }) => {
    const { messageId } = JSON.parse(String(value)) as { messageId: string };
    return [messageId, 1] as const;
  });
  await eventually(async () => expect(await fleet.accepted()).toEqual(new Map(sent)), OFTEN);
});
