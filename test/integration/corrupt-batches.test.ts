import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { openSample } from '#cli/kafka-sample.ts';
import { createMessageMapper } from '#cli/preview/message-mapper.ts';
import { loadConfiguration } from '#config/load.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { PLAIN_JSON } from '#core/event/event-decoder.ts';
import { createKafka } from '#kafka/client.ts';
import { COMPRESSIONS, type Compression } from '#kafka/compressions.ts';
import { createBatchProducer } from '#kafka/producer.ts';
import { startKafka } from '#local/kafka.ts';
import { freePort } from '#local/ports.ts';
import type { LocalServer } from '#local/server.ts';
import { Fleet, SOURCES } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { trackEvent } from '#test/support/track-event.ts';

jest.setTimeout(600_000);

const CODECS = COMPRESSIONS.filter((compression) => compression !== 'none');
/** Events of a batch. */
const EVENTS = 5;
const PARTITIONS = 4;
/** Where the records of a batch begin. Source: kafka.apache.org/documentation/#recordbatch */
const RECORDS_AT = 61;

let folder: string;
let kafka: LocalServer;
let fleet: Fleet;

async function send(compression: Compression, stem: string): Promise<void> {
  const options = { brokers: [kafka.address], clientId: 'corrupt', ssl: false, sasl: null };
  const { topic } = fleet;
  const producer = await createBatchProducer(createKafka(options), { topic, compression });
  const timestamp = new Date().toISOString();
  const messages = Array.from({ length: EVENTS }, (_, i) => {
    const messageId = `${stem}-${i}`;
    const event = trackEvent({ messageId, timestamp, context: { source: SOURCES[0] } });
    return { key: 'one partition', value: JSON.stringify(event) };
  });
  await producer.send(messages);
  await producer.disconnect();
}

/** Overwrites the beginning of the records of every batch that begins at one of these offsets. */
async function spoil(offsets: readonly number[]): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const own = join(folder, 'data', `${fleet.topic}-${partition}`, '00000000000000000000.log');
    const log = await readFile(own);
    for (let at = 0; at + RECORDS_AT < log.length; at += 12 + log.readInt32BE(at + 8)) {
      const offset = Number(log.readBigInt64BE(at));
      if (offsets.includes(offset)) log.fill(0xff, at + RECORDS_AT, at + RECORDS_AT + 8);
    }
    await writeFile(own, log);
  }
}

/** The offsets of the batches that preview shows as one reject each. */
async function faultsInSample(): Promise<number[]> {
  const configuration = await loadConfiguration(fleet.configuration, {});
  const newest = { topic: null, partition: null, fromOffset: null, timeoutMs: 240_000 };
  const { messages, close } = await openSample(configuration, { ...newest, count: 1000 });
  const clock = { now: null, clock: Date.now };
  const mapMessage = createMessageMapper(configuration, clock, PLAIN_JSON, null);
  const found: number[] = [];
  let good = 0;
  for await (const message of messages) {
    const [{ result } = { result: null }] = mapMessage(message);
    if (result?.outcome === 'deliver') good += 1;
    else found.push(message.kafka.offset);
    if (message.fault !== null) expect(result).toMatchObject({ reason: 'invalid_event' });
  }
  await close();
  expect(good).toBe((CODECS.length + 1) * EVENTS);
  return found.toSorted((a, b) => a - b);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-corrupt-'));
  kafka = await startKafka({ folder, port: await freePort() }, () => {});
  const redisUrl = process.env['TEST_REDIS_URL'] ?? '';
  fleet = await Fleet.prepare({ brokers: [kafka.address], redisUrl });
});

afterAll(async () => {
  await fleet.stop();
  await kafka.kill();
  await rm(folder, { recursive: true, force: true });
});

test('a batch that is corrupt on the disk of a broker is one dead letter, in every codec', async () => {
  for (const codec of CODECS) {
    await send(codec, `good-${codec}`);
    await send(codec, `bad-${codec}`);
  }
  await send('none', 'last');
  const bad = CODECS.map((_, index) => (2 * index + 1) * EVENTS);
  await kafka.stop();
  await spoil(bad);
  await kafka.start();
  expect(await faultsInSample()).toEqual(bad);
  await fleet.start('ingest');
  await fleet.start('worker');
  const good = (CODECS.length + 1) * EVENTS;
  await settled(fleet, good + bad.length);

  const accepted = await fleet.accepted();
  expect(accepted.size).toBe(good);
  expect([...accepted.values()].every((count) => count === 1)).toBe(true);
  expect([...accepted.keys()].filter((id) => id.startsWith('bad'))).toEqual([]);
  const letters: DeadLetterFacts[] = [];
  for await (const facts of fleet.deadLetters()) letters.push(facts);
  expect(letters.map(({ kafka: { offset } }) => offset).toSorted((a, b) => a - b)).toEqual(bad);
  for (const { reason, message, kafka: at } of letters) {
    expect(reason).toBe('invalid_event');
    expect(message).toContain(`offsets ${at.offset} to ${at.offset + EVENTS - 1}`);
    expect(message).toContain(`${EVENTS} messages`);
  }
});
