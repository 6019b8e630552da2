import { beforeAll, expect, test } from '@jest/globals';
import { createKafka, type KafkaClient } from '#kafka/client.ts';
import { COMPRESSIONS } from '#kafka/compressions.ts';
import { createBatchProducer } from '#kafka/producer.ts';
import { ensureTopics } from '#kafka/topics.ts';
import { eventually } from '#test/support/deadline.ts';
import { consumeInJava, produceInJava } from '#test/support/java-clients.ts';
import { uniqueName } from '#test/support/names.ts';

const BROKERS = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const [BROKER = ''] = BROKERS;

let kafka: KafkaClient;

beforeAll(() => {
  kafka = createKafka({ brokers: BROKERS, clientId: 'codecs', ssl: false, sasl: null });
});

/** More than 64 KiB together, so that every format has to write several blocks. */
function lines(stem: string): string[] {
  return Array.from({ length: 400 }, (_, i) => `${stem} ${i} ${'Größe '.repeat(50)}`.trim());
}

async function newTopic(): Promise<string> {
  const topic = uniqueName('codecs');
  await ensureTopics(kafka, [topic], 1);
  return topic;
}

async function consume(topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: topic });
  const read: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => void read.push(message.value?.toString() ?? ''),
  });
  await eventually(() => expect(read.length).toBeGreaterThanOrEqual(count));
  await consumer.disconnect();
  return read;
}

test('we read what Java compressed', async () => {
  const topic = await newTopic();
  const sent = COMPRESSIONS.map((compression) => ({ compression, values: lines(compression) }));
  for (const { compression, values } of sent) {
    await produceInJava({ broker: BROKER, topic }, compression, values);
  }
  const expected = sent.flatMap(({ values }) => values);
  expect(await consume(topic, expected.length)).toEqual(expected);
});

test('Java reads what we compressed', async () => {
  const topic = await newTopic();
  const expected: string[] = [];
  for (const compression of COMPRESSIONS) {
    const values = lines(compression);
    const producer = await createBatchProducer(kafka, { topic, compression });
    await producer.send(values.map((value) => ({ key: null, value })));
    await producer.disconnect();
    expected.push(...values);
  }
  expect(await consumeInJava({ broker: BROKER, topic }, expected.length)).toEqual(expected);
});
