import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createKafka } from '#kafka/client.ts';
import { COMPRESSIONS } from '#kafka/compressions.ts';
import { createBatchProducer } from '#kafka/producer.ts';
import { ensureTopics, listTopics } from '#kafka/topics.ts';
import { startKafka } from '#local/kafka.ts';
import { freePort } from '#local/ports.ts';
import type { LocalServer } from '#local/server.ts';
import { eventually } from '#test/support/deadline.ts';

let folder = '';
let server: LocalServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-kafka-'));
  server = await startKafka({ folder, port: await freePort() }, () => {});
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function client() {
  return createKafka({ brokers: [server.address], clientId: 'test', ssl: false, sasl: null });
}

test('a broker that is killed comes back with what it had, in every compression', async () => {
  const kafka = client();
  await ensureTopics(kafka, ['kept'], 2);
  await ensureTopics(kafka, ['kept'], 2);
  for (const compression of COMPRESSIONS) {
    const producer = await createBatchProducer(kafka, { topic: 'kept', compression });
    await producer.send([
      { key: 'k', value: `${compression} ${'ä'.repeat(500)}`, headers: { h: 'v' } },
    ]);
    await producer.disconnect();
  }
  await server.kill();
  await server.start();
  expect(await listTopics(client())).toContain('kept');

  const consumer = client().consumer({ groupId: 'g' });
  const read: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: ['kept'], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      read.push(`${message.value?.toString().split(' ')[0]} ${message.headers?.['h']?.toString()}`);
    },
  });
  const expected = COMPRESSIONS.map((compression) => `${compression} v`).sort();
  await eventually(() => expect([...read].sort()).toEqual(expected));
  await consumer.disconnect();
});

test('a broker whose port another one has taken does not count as started', async () => {
  const port = Number(server.address.split(':')[1]);
  const own = await mkdtemp(join(tmpdir(), 'capi-relay-kafka-'));
  await expect(startKafka({ folder: own, port }, () => {})).rejects.toThrow('Kafka ended while it');
  await rm(own, { recursive: true, force: true });
});
