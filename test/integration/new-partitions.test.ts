import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import kafkajs, { type Admin } from 'kafkajs';
import { createKafka, type KafkaClient } from '#kafka/client.ts';
import { type RelayProcess, relayCommand, startRelay } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, SOURCES } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { trackEvent } from '#test/support/track-event.ts';
import { createTraffic } from '#test/support/traffic.ts';

const OFTEN = { everyMs: 100 };
/** Ends of the range are what this test needs: never looked for, and looked for at once. */
const NEVER_MS = 3_600_000;
const SOON_MS = 500;
const PARTITIONS = 4;

const run = promisify(execFile);
const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const redisUrl = process.env['TEST_REDIS_URL'] ?? '';
const fleets: Fleet[] = [];
let kafka: KafkaClient;
let admin: Admin;

async function start(metadataMaxAgeMs: number): Promise<Fleet> {
  const fleet = await Fleet.prepare({ brokers, redisUrl, kafka: { metadataMaxAgeMs } });
  fleets.push(fleet);
  await Promise.all([fleet.start('ingest'), fleet.start('control')]);
  await eventually(async () => {
    expect(await sum(fleet, 'capi_ingest_group_members')).toBe(1);
    expect(await sum(fleet, 'capi_ingest_unassigned_partitions')).toBe(0);
  }, OFTEN);
  return fleet;
}

async function sum(fleet: Fleet, metric: string): Promise<number> {
  return (await scrape(fleet.processes.map(({ url }) => url))).sum(metric);
}

/** Adds a partition to the topic, and sends one event to it. */
async function expand(fleet: Fleet): Promise<void> {
  const { topic } = fleet;
  await admin.createPartitions({ topicPartitions: [{ topic, count: PARTITIONS + 1 }] });
  await eventually(async () => {
    const [known] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics;
    expect(known?.partitions).toHaveLength(PARTITIONS + 1);
  }, OFTEN);
  const producer = kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    retry: { retries: 20 },
  });
  await producer.connect();
  const timestamp = new Date().toISOString();
  const event = trackEvent({ messageId: 'new', timestamp, context: { source: SOURCES[0] } });
  const messages = [{ partition: PARTITIONS, value: JSON.stringify(event) }];
  // kafkajs 2.2.4 reports a message for a partition that it does not know as sent, and drops it.
  expect(await producer.send({ topic, messages })).toMatchObject([{ partition: PARTITIONS }]);
  await producer.disconnect();
}

beforeAll(async () => {
  kafka = createKafka({ brokers, clientId: 'expanding', ssl: false, sasl: null });
  admin = kafka.admin();
  await admin.connect();
});

afterAll(async () => {
  await admin.disconnect();
  for (const fleet of fleets) await fleet.stop();
});

test('a new partition that no ingest reads yet shows, with what waits in it', async () => {
  const fleet = await start(NEVER_MS);
  await expand(fleet);
  await eventually(async () => {
    expect(await sum(fleet, 'capi_ingest_unassigned_partitions')).toBe(1);
    expect(await sum(fleet, 'capi_ingest_unassigned_lag_messages')).toBe(1);
  }, OFTEN);
});

test('a new partition is read after kafka.metadataMaxAgeMs', async () => {
  const fleet = await start(SOON_MS);
  await fleet.start('worker');
  await expand(fleet);
  await settled(fleet, 1);
  expect([...(await fleet.accepted()).keys()]).toEqual(['new']);
  await eventually(async () => {
    expect(await sum(fleet, 'capi_ingest_unassigned_partitions')).toBe(0);
    expect(await sum(fleet, 'capi_ingest_unassigned_lag_messages')).toBe(0);
  }, OFTEN);
});

type Partitions = readonly { partition: number; taken: number | null; logEnd: number }[];

describe('a topic that moves to another cell, as docs/scaling.md says', () => {
  const EVENTS = 30;
  let fleet: Fleet;
  let other: RelayProcess;
  let file: string;

  beforeAll(() => {
    const [, used] = fleets;
    if (used === undefined) throw new Error('no fleet');
    fleet = used;
  });

  afterAll(() => other.stop());

  async function partitions(config: string): Promise<Partitions> {
    const { command, args } = relayCommand('cli/partitions/main.ts');
    const { stdout } = await run(command, [...args, '--config', config, '--json']);
    return JSON.parse(stdout);
  }

  test('is read on exactly where the first cell ended', async () => {
    const settings = JSON.parse(await readFile(fleet.configuration, 'utf8'));
    const groupId = `${fleet.topic}-b`;
    file = join(fleet.folder, 'cell-b.json');
    settings.kafka.groupId = groupId;
    settings.redis.prefix = `{${groupId}}`;
    await writeFile(file, JSON.stringify(settings));
    for (const { taken } of await partitions(file)) expect(taken).toBeNull();

    const before = createTraffic('before', EVENTS);
    await fleet.send(before.messages);
    await settled(fleet, EVENTS + 1);
    for (const { name, stop } of fleet.processes) if (name.startsWith('ingest')) await stop();
    const during = createTraffic('during', EVENTS);
    await fleet.send(during.messages);
    const offsets = (await partitions(fleet.configuration)).flatMap(({ partition, taken }) =>
      taken === null ? [] : [{ partition, offset: String(taken) }],
    );
    expect(offsets.reduce((sum, { offset }) => sum + Number(offset), 0)).toBe(EVENTS + 1);
    await admin.setOffsets({ groupId, topic: fleet.topic, partitions: offsets });
    const args = ['--config', file];
    other = await startRelay('ingest/main.ts', { name: 'ingest-b', folder: fleet.folder, args });
    const read = async () => (await scrape([other.url])).sum('capi_ingest_messages_total');
    await eventually(async () => expect(await read()).toBeGreaterThanOrEqual(EVENTS), OFTEN);
    await eventually(async () => {
      // Where nothing new came, nothing was taken.
      const taken = (await partitions(file)).filter((each) => each.taken !== null);
      expect(taken.map((each) => each.taken)).toEqual(taken.map(({ logEnd }) => logEnd));
    }, OFTEN);
    expect(await read()).toBe(EVENTS);
  });
});
