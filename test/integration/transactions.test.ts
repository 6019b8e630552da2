import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Random } from '#cli/produce/random.ts';
import { createKafka, type KafkaClient } from '#kafka/client.ts';
import { relayCommand } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, SOURCES } from '#test/support/fleet.ts';
import { consumeInJava } from '#test/support/java-clients.ts';
import { settled } from '#test/support/settled.ts';
import { trackEvent } from '#test/support/track-event.ts';
import { sendTransactions } from '#test/support/transactions.ts';

jest.setTimeout(600_000);

const run = promisify(execFile);

const PATIENCE = { everyMs: 200 };

const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
let kafka: KafkaClient;
let fleet: Fleet;
let delivered = 0;

const eventOf = (messageId: string): string => {
  const timestamp = new Date().toISOString();
  return JSON.stringify(trackEvent({ messageId, timestamp, context: { source: SOURCES[0] } }));
};

/** What the ingest that runs says. */
async function sumOf(metric: string): Promise<number> {
  return (await scrape([fleet.processes.at(-1)?.url ?? ''])).sum(metric);
}

async function acceptedIds(): Promise<string[]> {
  const accepted = await fleet.accepted();
  expect([...accepted.values()].every((count) => count === 1)).toBe(true);
  return [...accepted.keys()].toSorted();
}

beforeAll(async () => {
  kafka = createKafka({ brokers, clientId: 'transactions', ssl: false, sasl: null });
  fleet = await Fleet.prepare({ brokers, redisUrl: process.env['TEST_REDIS_URL'] ?? '' });
  await fleet.start('worker');
  await fleet.start('ingest');
});

afterAll(async () => {
  expect(await fleet.stop()).toEqual([0, 0, 0]);
});

describe('transactions of several producers that overlap', () => {
  let committed: string[];

  test('are delivered where they were committed, as to the client of Kafka itself', async () => {
    const random = new Random('transactions');
    const { topic } = fleet;
    const options = { topic, producers: 5, turns: 60, eventOf, random };
    const traffic = await sendTransactions(kafka, options);
    committed = [...traffic.committed].toSorted();
    expect(traffic.all.length).toBeGreaterThan(committed.length * 1.5);
    delivered = committed.length;
    await settled(fleet, delivered);
    expect(await acceptedIds()).toEqual(committed);
    const byJava = await consumeInJava({ broker: brokers[0] ?? '', topic }, delivered);
    const ids = byJava.map((line) => (JSON.parse(line) as { messageId: string }).messageId);
    expect(ids.toSorted()).toEqual(committed);
  });

  test('leave no lag, although they end with marks that no one reads', async () => {
    await eventually(async () => {
      expect(await sumOf('capi_ingest_lag_messages')).toBe(0);
    }, PATIENCE);
  });

  test('leave no lag in status either', async () => {
    const { command, args } = relayCommand('cli/status/main.ts');
    const { stdout } = await run(command, [...args, '--json', '--config', fleet.configuration]);
    const { kafka: read } = JSON.parse(stdout) as { kafka: object };
    expect(read).toMatchObject({ ok: true, value: { lag: { [fleet.topic]: 0 } } });
  });

  test('leave no lag to the next ingest either, which reads nothing again', async () => {
    await fleet.processes.at(-1)?.stop();
    await fleet.start('ingest');
    await eventually(async () => {
      expect(await sumOf('capi_ingest_lag_messages')).toBe(0);
    }, PATIENCE);
    await fleet.send([{ key: 'one partition', value: eventOf('after') }]);
    delivered += 1;
    await settled(fleet, delivered);
    expect(await acceptedIds()).toEqual([...committed, 'after'].toSorted());
    expect(await sumOf('capi_ingest_messages_total')).toBe(1);
  });
});

describe('a transaction that is open', () => {
  test('holds back what is behind it, and shows, and is no lag', async () => {
    const transactionalId = `${fleet.topic}-open`;
    const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    const message = (name: string) => ({ key: 'one partition', value: eventOf(name) });
    const { topic } = fleet;
    await transaction.send({ topic, messages: [message('open-1'), message('open-2')] });
    await fleet.send([message('behind')]);
    await eventually(async () => {
      expect(await sumOf('capi_ingest_open_transaction_messages')).toBe(3);
    }, PATIENCE);
    expect(await sumOf('capi_ingest_lag_messages')).toBe(0);
    expect(await sumOf('capi_ingest_messages_total')).toBe(1);
    expect(await acceptedIds()).not.toContain('behind');

    await transaction.abort();
    await producer.disconnect();
    await settled(fleet, delivered + 1);
    const ids = await acceptedIds();
    expect(ids).toContain('behind');
    expect(ids.filter((id) => id.startsWith('open'))).toEqual([]);
    await eventually(async () => {
      expect(await sumOf('capi_ingest_open_transaction_messages')).toBe(0);
      expect(await sumOf('capi_ingest_lag_messages')).toBe(0);
    }, PATIENCE);
  });
});
