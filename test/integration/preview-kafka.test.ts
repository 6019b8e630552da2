import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { openSample } from '#cli/kafka-sample.ts';
import { Random } from '#cli/produce/random.ts';
import { loadConfiguration } from '#config/load.ts';
import { createKafka, type KafkaClient } from '#kafka/client.ts';
import { COMPRESSIONS } from '#kafka/compressions.ts';
import { createBatchProducer, type NewMessage } from '#kafka/producer.ts';
import { ensureTopics } from '#kafka/topics.ts';
import { relayCommand } from '#local/relay-process.ts';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { commandHere } from '#test/support/command-here.ts';
import { createExactProducer } from '#test/support/exact-producer.ts';
import { uniqueName } from '#test/support/names.ts';
import { trackEvent } from '#test/support/track-event.ts';
import { sendTransactions } from '#test/support/transactions.ts';

jest.setTimeout(600_000);

const PATIENCE_S = 240;
const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');

let kafka: KafkaClient;
let folder: string;

beforeAll(async () => {
  kafka = createKafka({ brokers, clientId: 'preview', ssl: false, sasl: null });
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-preview-kafka-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function newTopic(partitions: number): Promise<string> {
  const topic = uniqueName('preview');
  await ensureTopics(kafka, [topic], partitions);
  return topic;
}

/** The file of a configuration that reads some topics. */
async function configured(topics: readonly string[], where = brokers): Promise<string> {
  const file = join(folder, `${uniqueName('relay')}.json`);
  const configuration = {
    kafka: { brokers: where, topics, groupId: topics[0] },
    redis: { url: 'redis://127.0.0.1:9' },
    sealing: 'off',
    ingest: { maxMessageBytes: 20_000 },
    pixels: [
      { pixelId: '11', accessToken: 'T', events: { topics: [topics[0]], where: { plan: 'a' } } },
      {
        pixelId: '22',
        accessToken: 'T',
        events: { topics: topics.slice(-1), where: { plan: 'b' } },
      },
    ],
  };
  await writeFile(file, JSON.stringify(configuration));
  return file;
}

const NEWEST = { topic: null, partition: null, fromOffset: null, timeoutMs: PATIENCE_S * 1000 };

interface Asked {
  readonly count: number;
  readonly topic?: string;
  readonly partition?: number;
  readonly fromOffset?: number;
  readonly timeoutMs?: number;
}

/** The values of a sample, and where each is. */
async function sampled(file: string, asked: Asked) {
  const sample = await openSample(await loadConfiguration(file, {}), { ...NEWEST, ...asked });
  const found: { place: string; value: string | null }[] = [];
  for await (const { kafka: at, message } of sample.messages) {
    const value = message.value?.toString() ?? null;
    found.push({ place: `${at.partition}/${at.offset}`, value });
  }
  await sample.close();
  return found;
}

function event(messageId: string, more: object = {}): string {
  const timestamp = new Date().toISOString();
  return JSON.stringify(trackEvent({ messageId, timestamp, plan: 'a', ...more }));
}

async function send(topic: string, messages: readonly NewMessage[]): Promise<void> {
  const producer = await createExactProducer(kafka, topic, 1);
  await producer.send(messages);
  await producer.disconnect();
}

function preview(args: readonly string[]) {
  const { command, args: own } = relayCommand('cli/preview/main.ts');
  return commandAlone(command, [...own, ...args], { env: bareEnvironment() });
}

test('preview --from-kafka shows what ingest would make of the newest messages, and leaves no trace', async () => {
  const topic = await newTopic(1);
  const good = { key: 'k', headers: { constructor: 'x' } };
  const messages: NewMessage[] = [
    { ...good, value: event('too early') },
    { ...good, value: event('good') },
    { key: 'k', value: null },
    { key: 'k', value: 'not JSON, of jane@example.com' },
    { key: 'k', value: JSON.stringify({ settings: {}, event: JSON.parse(event('wrapped')) }) },
    { key: 'k', value: event('unrouted', { plan: 'c' }) },
    { key: 'k', value: event('large', { padding: 'x'.repeat(20_000) }) },
    { key: 'k', value: event('no name', { event: undefined, type: 'track' }) },
    { key: 'k', value: event('warned', { messageId: undefined }) },
  ];
  await send(topic, messages);
  const file = await configured([topic]);
  const args = ['--config', file, '--from-kafka', String(messages.length - 1)];
  const more = ['--fail-on', 'reject,warning', '--timeout', `${PATIENCE_S}`];
  const { code, out, err } = await preview([...args, ...more]);
  const answers = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const outcome = (answer: Record<string, unknown>) => answer['reason'] ?? answer['outcome'];
  expect(answers.map((answer) => [answer.kafka.offset, outcome(answer)])).toEqual([
    [1, 'deliver'],
    [2, 'invalid_event'],
    [3, 'invalid_event'],
    // Ingest knows no wrapped events: this one selects no pixel.
    [4, 'no_pixel'],
    [5, 'no_pixel'],
    [6, 'too_large'],
    [7, 'invalid_event'],
    [8, 'deliver'],
  ]);
  const [first] = answers;
  expect(first).toMatchObject({ pixelId: '11', kafka: { topic, partition: 0, offset: 1 } });
  expect(first.kafka.timestamp).toBeGreaterThan(0);
  expect(out + err).not.toContain('jane@example.com');
  expect(code).toBe(1);
  expect(err.split('\n')).toEqual([
    `${topic}/0 offset 2: reject invalid_event`,
    `${topic}/0 offset 3: reject invalid_event`,
    `${topic}/0 offset 6: reject too_large`,
    `${topic}/0 offset 7: reject invalid_event, pixel 11`,
    `${topic}/0 offset 8: warning missing_event_id, pixel 11`,
    '--fail-on reject,warning: found in 5 of 8 messages',
    '',
  ]);
  const admin = kafka.admin();
  await admin.connect();
  const { groups } = await admin.listGroups();
  await admin.disconnect();
  expect(groups.map(({ groupId }) => groupId)).not.toContain(topic);
});

test('the newest messages are found in every codec, and in all partitions', async () => {
  const [one, another] = [await newTopic(3), await newTopic(1)];
  for (const compression of COMPRESSIONS) {
    const producer = await createBatchProducer(kafka, { topic: one, compression });
    const values = Array.from({ length: 20 }, (_, i) => `${compression}-${i}`);
    await producer.send(values.map((value, i) => ({ key: `${i}`, value })));
    await producer.disconnect();
  }
  await send(another, [{ key: null, value: 'newest of all' }]);
  const file = await configured([one, another]);
  const all = await sampled(file, { count: 1000 });
  expect(new Set(all.map(({ value }) => value)).size).toBe(COMPRESSIONS.length * 20 + 1);
  const newest = await sampled(file, { count: 21 });
  const values = newest.map(({ value }) => value);
  expect(values).toContain('newest of all');
  expect(values.filter((value) => value?.startsWith('zstd'))).toHaveLength(20);
  const own = await sampled(file, { count: 1, topic: one, partition: 2 });
  expect(own).toEqual([all.filter(({ place }) => place.startsWith('2/')).at(-1)]);
});

describe('transactions', () => {
  test('are read where they were committed, and their marks are no messages', async () => {
    const topic = await newTopic(1);
    const random = new Random('preview');
    const eventOf = (name: string): string => name;
    const options = { topic, producers: 3, turns: 12, eventOf, random };
    const { committed, all } = await sendTransactions(kafka, options);
    const file = await configured([topic]);
    const found = (await sampled(file, { count: 10_000 })).map(({ value }) => value);
    expect(found.toSorted()).toEqual([...committed].toSorted());
    expect(all.length).toBeGreaterThan(committed.size);
    for (const count of [1, 2, 7]) {
      const newest = (await sampled(file, { count })).map(({ value }) => value);
      expect(newest).toEqual(found.slice(-count));
    }
  });

  test('that are open end the log', async () => {
    const topic = await newTopic(1);
    await send(topic, [{ key: null, value: 'before' }]);
    const options = { transactionalId: topic, idempotent: true, maxInFlightRequests: 1 };
    const producer = kafka.producer(options);
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'open' }] });
    await send(topic, [{ key: null, value: 'behind' }]);
    try {
      const found = await sampled(await configured([topic]), { count: 10 });
      expect(found.map(({ value }) => value)).toEqual(['before']);
    } finally {
      await transaction.abort();
      await producer.disconnect();
    }
  });
});

describe('an offset', () => {
  let topic: string;
  let file: string;
  beforeAll(async () => {
    topic = await newTopic(1);
    file = await configured([topic]);
    await send(
      topic,
      ['a', 'b', 'c', 'd'].map((value) => ({ key: null, value })),
    );
  });

  test('is where reading starts', async () => {
    const from = (fromOffset: number, count: number) =>
      sampled(file, { count, partition: 0, fromOffset });
    expect((await from(1, 2)).map(({ value }) => value)).toEqual(['b', 'c']);
    expect((await from(3, 9)).map(({ place }) => place)).toEqual(['0/3']);
    expect(await from(4, 9)).toEqual([]);
  });

  test.each<[string, Asked, string]>([
    ['after the log', { count: 1, partition: 0, fromOffset: 5 }, 'holds offsets 0 to 3'],
    ['of no partition', { count: 1, fromOffset: 5 }, '--from-offset needs --partition'],
    ['of a partition that there is not', { count: 1, partition: 4 }, 'has no partition 4'],
    ['of another topic', { count: 1, topic: 'other' }, '--topic: other is not among kafka.topics'],
  ])('%s is refused', async (_, asked, message) => {
    await expect(sampled(file, asked)).rejects.toThrow(message);
  });
});

describe('what cannot be read is named', () => {
  test('a topic that does not exist, which is not created', async () => {
    const topic = uniqueName('missing');
    const asked = sampled(await configured([topic]), { count: 1 });
    await expect(asked).rejects.toThrow(`has no topic ${topic} → create it`);
  });

  test('brokers that are not there', async () => {
    const file = await configured([uniqueName('x')], ['127.0.0.1:1']);
    await expect(sampled(file, { count: 1 })).rejects.toThrow(
      /^Kafka at 127\.0\.0\.1:1 does not answer \(ECONNREFUSED\) → start a broker/,
    );
  });

  test('brokers that do not answer', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket.on('error', () => {})));
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const file = await configured([uniqueName('x')], [`127.0.0.1:${port}`]);
    const asked = sampled(file, { count: 1, timeoutMs: 100 });
    try {
      await expect(asked).rejects.toThrow(`127.0.0.1:${port} gives no answer within 0.1 s →`);
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });
});

test('an empty topic is said, and is no error', async () => {
  const topic = await newTopic(1);
  const file = await configured([topic]);
  const args = ['--config', file, '--from-kafka', '5', '--timeout', `${PATIENCE_S}`];
  const { code, out, err } = await commandHere('preview', args, { env: bareEnvironment() });
  expect({ code, out }).toEqual({ code: 0, out: '' });
  expect(err).toBe(`note: ${topic} holds no message that can be read\n`);
});

describe('init', () => {
  async function init(topic: string, where: readonly string[] = brokers) {
    const out = join(folder, `${uniqueName('new')}.yaml`);
    const given = ['--yes', '--out', out, '--brokers', where.join(), '--topic', topic];
    const args = [...given, '--pixel', '42', '--timeout', `${PATIENCE_S}`];
    const result = await commandHere('init', args, { env: bareEnvironment() });
    return { ...result, out, said: result.out, text: await readFile(out, 'utf8') };
  }

  test('proposes a configuration from what the topic holds, and leaves no trace', async () => {
    const topic = await newTopic(2);
    const of = (name: string, more: object = {}) => event(name, { event: name, ...more });
    await send(topic, [
      { key: 'a', value: of('Signed Up') },
      { key: 'b', value: of('order_completed', { context: { source: 'app' } }) },
      { key: 'c', value: of('Newsletter Opened') },
      { key: 'd', value: 'not JSON, of jane@example.com' },
      { key: 'e', value: of('Order Completed', { properties: { revenue: undefined } }) },
    ]);
    const { code, said, text, out } = await init(topic);
    expect(code).toBe(0);
    expect(said.replace(/\s+/g, ' ')).toContain(
      'of the last 5 messages: 3 deliver, 2 would be dead letters',
    );
    const { kafka: written, pixels } = await loadConfiguration(out, {
      CAPI_RELAY_ACCESS_TOKEN: 'T',
    });
    expect(written).toMatchObject({ brokers, topics: [topic] });
    expect(pixels).toMatchObject([
      { eventMappings: { order_completed: 'Purchase' }, eventMappingPresets: ['extended'] },
    ]);
    expect(text).toContain('#   Newsletter Opened (1)');
    expect(text).toContain('#     context.source: ["shop-eu","app"] # 3, 1');
    expect(text + said).not.toContain('jane');
    const admin = kafka.admin();
    await admin.connect();
    const { groups } = await admin.listGroups();
    await admin.disconnect();
    expect(groups.map(({ groupId }) => groupId)).not.toContain('capi-relay');
  });

  test('says which topic was probably meant', async () => {
    const topic = await newTopic(1);
    const { code, said } = await init(`${topic}s`);
    expect(code).toBe(0);
    expect(said.replace(/\s+/g, ' ')).toContain(`did you mean ${topic}?`);
  });

  test.each<[string, string, readonly string[], string]>([
    ['a topic that there is not', uniqueName('missing'), brokers, 'has no topic'],
    ['brokers that are not there', 'events', ['127.0.0.1:1'], 'does not answer (ECONNREFUSED)'],
  ])('says that it could not read %s, and writes the file all the same', async (...given) => {
    const [, topic, where, words] = given;
    const { code, said, out } = await init(topic, where);
    expect(code).toBe(0);
    expect(said.replace(/\s+/g, ' ')).toContain(words);
    expect(said).toContain('without a sample');
    const { pixels } = await loadConfiguration(out, { CAPI_RELAY_ACCESS_TOKEN: 'T' });
    expect(pixels).toMatchObject([{ pixelId: '42' }]);
  });
});
