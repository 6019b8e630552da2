import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '#config/load.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { createKafka, type KafkaClient } from '#kafka/client.ts';
import { type BatchProducer, createBatchProducer } from '#kafka/producer.ts';
import { ensureTopics } from '#kafka/topics.ts';
import type { RelayProcess } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import { readPages } from '#store/dead-letters/pages/reader.ts';
import {
  countUnpublished,
  type PublishDeps,
  publishPending,
  shortened,
} from '#store/dead-letters/publish.ts';
import { openLetters } from '#store/dead-letters/read.ts';
import type { NewDeadLetter } from '#store/dead-letters/script-arguments.ts';
import { ownerName } from '#store/locks.ts';
import type { Sealer } from '#store/sealing.ts';
import { sealerOf } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { deadMessage, deadRecord, insertDeadLetters } from '#test/support/insert-dead-letters.ts';
import { uniqueName } from '#test/support/names.ts';
import { TopicReader } from '#test/support/topic-reader.ts';

const BROKERS = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const REDIS_URL = process.env['TEST_REDIS_URL'] ?? '';
const [PIXEL = ''] = PIXELS;

const kafka: KafkaClient = createKafka({
  brokers: BROKERS,
  clientId: 'dead-letter-topic',
  ssl: false,
  sasl: null,
});

let fleet: Fleet;
let topic: string;
let sealer: Sealer;
let reader: TopicReader | null;

beforeEach(async () => {
  topic = uniqueName('dead');
  reader = null;
  fleet = await Fleet.prepare({
    withSandbox: false,
    brokers: BROKERS,
    redisUrl: REDIS_URL,
    sections: {
      deadLetters: { topic },
      // Kafka must not wait long for members that were killed.
      ingest: { port: 0, sessionTimeoutMs: 6000 },
    },
  });
  sealer = sealerOf((await loadConfiguration(fleet.configuration, {})).sealing);
});

afterEach(async () => {
  await reader?.end();
  await fleet.stop();
});

async function readTopic(): Promise<TopicReader> {
  reader = await TopicReader.start(kafka, topic);
  return reader;
}

async function held(prefix = fleet.prefix): Promise<DeadLetterFacts[]> {
  const facts: DeadLetterFacts[] = [];
  for await (const page of readPages(
    { ...createStore(fleet.redis, prefix), sealer },
    {
      order: 'oldest',
    },
  )) {
    facts.push(...page.map((placed) => placed.facts));
  }
  return facts;
}

function letters(from: number, count: number): NewDeadLetter[] {
  return Array.from({ length: count }, (_, index) => deadRecord(from + index, PIXEL));
}

/** The same installation on another prefix: what was dead here is unknown there. */
async function otherInstallation(): Promise<{ file: string; prefix: string }> {
  const configuration = JSON.parse(await readFile(fleet.configuration, 'utf8'));
  configuration.redis.prefix = `{${uniqueName('other')}}`;
  const file = `${fleet.configuration}.other.json`;
  await writeFile(file, JSON.stringify(configuration));
  return { file, prefix: configuration.redis.prefix };
}

/** The process that publishes at this moment. */
async function findPublisher(group: readonly RelayProcess[]): Promise<RelayProcess> {
  const key = fleet.store.keys.publishLock(topic);
  let found: RelayProcess | undefined;
  await eventually(async () => {
    const owner = await fleet.redis.get(key);
    found = group.find(({ pid, running }) => running() && owner?.split(':')[2] === String(pid));
    expect(found).toBeDefined();
  });
  return found as RelayProcess;
}

function publishing(producer: BatchProducer): PublishDeps {
  return {
    store: { ...fleet.store, sealer },
    topic,
    owner: ownerName('test'),
    send: (publications) => producer.send(publications, shortened),
    signal: new AbortController().signal,
    onUnreadable: () => {},
    pause: async () => {},
  };
}

describe('dead letters in a topic', () => {
  test('stand there in their order, sealed, and can be imported elsewhere', async () => {
    await ensureTopics(kafka, [topic], 1);
    const unread = { pixelId: null, reason: 'invalid_event', holds: 'message' } as const;
    await insertDeadLetters(fleet.store, sealer, letters(0, 600));
    await insertDeadLetters(fleet.store, sealer, [
      deadMessage(600, PIXEL, { type: 'track', email: 'jane@example.com' }),
    ]);
    const control = await fleet.start('control');
    const seen = await readTopic();
    const { messages } = seen;
    // What dies while it runs follows on what was held when it began.
    const { facts, content } = deadMessage(601, PIXEL, {});
    await insertDeadLetters(fleet.store, sealer, [{ facts: { ...facts, ...unread }, content }]);
    const all = await held();
    await eventually(() => expect(seen.ids()).toEqual(all.map(({ id }) => id)));

    const values = messages.map(({ value }) => JSON.parse(value));
    expect(values.map(({ store: _, sealed: __, ...rest }) => rest)).toEqual(all);
    expect(messages.map(({ value }) => value).join()).not.toMatch(/jane@|example\.com/);
    expect(messages[0]?.key).toBe('buried/0/0');
    expect(messages.at(-1)?.headers).toEqual({
      id: all.at(-1)?.id,
      pixel: 'none',
      stage: 'ingest',
      reason: 'invalid_event',
    });
    await eventually(async () => {
      const samples = await scrape([control.url]);
      expect(samples.sum('capi_dead_letters_published_total', { event: 'sealed' })).toBe(602);
      expect(samples.sum('capi_dead_letter_unpublished_pages')).toBe(0);
    });

    const { file, prefix } = await otherInstallation();
    const lines = `${fleet.configuration}.ndjson`;
    // A message that came twice is taken in once.
    const twice = [...messages, ...messages.slice(0, 10)].map(({ value }) => `${value}\n`);
    await writeFile(lines, twice.join(''));
    const { out } = await commandHere('dead-letters', [
      'import',
      lines,
      '--json',
      '--config',
      file,
    ]);
    expect(JSON.parse(out)).toEqual({ imported: 602, known: 10, expired: 0, bad: 0 });
    const before = await openLetters({ ...fleet.store, sealer }, all);
    const other = { ...createStore(fleet.redis, prefix), sealer };
    const after = await openLetters(other, await held(prefix));
    expect(after.map((each) => each.content)).toEqual(before.map((each) => each.content));
  });

  test('go on elsewhere when whoever publishes them is killed, and none is left out', async () => {
    await ensureTopics(kafka, [topic], 1);
    const seen = await readTopic();
    let buried = 0;
    const burst = async (): Promise<void> => {
      await insertDeadLetters(fleet.store, sealer, letters(buried, 40));
      buried += 40;
    };
    const group = await Promise.all([1, 2, 3].map(() => fleet.start('control')));
    for (let kills = 0; kills < 2; kills += 1) {
      for (let each = 0; each < 20; each += 1) await burst();
      const publisher = await findPublisher(group);
      publisher.kill('SIGKILL');
      await publisher.exited;
    }
    await burst();
    const all = (await held()).map(({ id }) => id);
    expect(all.length).toBe(buried);
    await eventually(() => expect([...new Set(seen.ids())]).toEqual(all));
  });

  test('come again when their publisher died between the topic and Redis, and once where several are at work', async () => {
    await ensureTopics(kafka, [topic], 1);
    await insertDeadLetters(fleet.store, sealer, letters(0, 200));
    const producer = await createBatchProducer(kafka, { topic, compression: 'gzip' });
    const dying = publishPending({
      ...publishing(producer),
      async send(messages) {
        await producer.send(messages);
        throw new Error('dies here');
      },
    });
    await expect(dying).rejects.toThrow('dies here');
    expect(await countUnpublished(fleet.store, topic)).toBe(1);
    // Redis was away meanwhile: what stands in it may be older than what was read of it.
    const away = new AbortController();
    await publishPending({
      ...publishing(producer),
      signal: away.signal,
      async send(messages) {
        await producer.send(messages);
        away.abort();
      },
    });
    expect(await countUnpublished(fleet.store, topic)).toBe(1);
    await Promise.all([1, 2, 3].map(() => publishPending(publishing(producer))));
    await producer.disconnect();
    const ids = (await held()).map(({ id }) => id);
    const seen = await readTopic();
    await eventually(() => expect(seen.ids()).toEqual([...ids, ...ids, ...ids]));
    expect(await countUnpublished(fleet.store, topic)).toBe(0);
  });

  test('wait in Redis while there is no topic, and control says so', async () => {
    const [control] = await Promise.all([fleet.start('control'), fleet.start('ingest')]);
    await fleet.send([{ key: null, value: 'no JSON' }]);
    await eventually(async () => {
      const samples = await scrape([control.url]);
      const reason = { reason: 'no_topic' };
      expect(samples.sum('capi_dead_letter_publish_failures_total', reason)).toBeGreaterThan(1);
      expect(samples.sum('capi_dead_letter_unpublished_pages')).toBe(1);
    });
    const said = control.log().match(/create the topic, or correct deadLetters\.topic/g);
    expect(said?.length).toBe(1);
    const { code, out } = await commandHere('check', ['--config', fleet.configuration]);
    expect(code).toBe(1);
    expect(out).toContain(`topic ${topic} does not exist`);

    await ensureTopics(kafka, [topic], 1);
    const seen = await readTopic();
    const all = (await held()).map(({ id }) => id);
    await eventually(() => expect(seen.ids()).toEqual(all));
    await eventually(() => expect(control.log()).toContain('dead letters are published again'));
  });

  test('go without their event where the topic takes no message of its size', async () => {
    await ensureTopics(kafka, [topic], 1, { 'max.message.bytes': '20000' });
    const large = deadMessage(1, PIXEL, { noise: randomBytes(30_000).toString('base64') });
    const all = [...letters(0, 1), large, ...letters(2, 80)];
    await insertDeadLetters(fleet.store, sealer, all);
    await fleet.start('control');
    const seen = await readTopic();
    const ids = (await held()).map(({ id }) => id);
    await eventually(() => expect(seen.ids()).toEqual(ids));
    const values = seen.messages.map(({ value }) => JSON.parse(value));
    expect(values.flatMap(({ sealed }, index) => (sealed === null ? [index] : []))).toEqual([1]);
    expect(values[1].leftOut).toContain('larger than the topic takes');
    expect(values[1].reason).toBe('missing_value');
  });
});
