import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createKafka } from '#kafka/client.ts';
import { storeAssigner } from '#kafka/group.ts';
import { relayCommand } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import { createKeys } from '#store/keys.ts';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, SOURCES } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { trackEvent } from '#test/support/track-event.ts';

jest.setTimeout(600_000);

const PATIENCE = { everyMs: 100 };

const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
let fleet: Fleet;
/** The same but for its prefix. */
let strange: string;

async function send(count: number, stem: string): Promise<void> {
  const timestamp = new Date().toISOString();
  const messages = Array.from({ length: count }, (_, i) => {
    const messageId = `${stem}-${i}`;
    const event = trackEvent({ messageId, timestamp, context: { source: SOURCES[0] } });
    return { key: messageId, value: JSON.stringify(event) };
  });
  await fleet.send(messages);
}

async function run(command: string, args: readonly string[]): Promise<string> {
  return (await commandHere(command, args, { env: bareEnvironment() })).out;
}

async function partitions(): Promise<number> {
  const samples = await scrape(fleet.processes.map(({ url }) => url));
  return samples.values('capi_ingest_lag_messages', 'partition').length;
}

beforeAll(async () => {
  fleet = await Fleet.prepare({ brokers, redisUrl: process.env['TEST_REDIS_URL'] ?? '' });
  strange = `${fleet.configuration}.strange.json`;
  const file = await readFile(fleet.configuration, 'utf8');
  await writeFile(strange, file.replaceAll(`"{${fleet.topic}}"`, `"{strange-${fleet.topic}}"`));
  await fleet.start('ingest');
  await fleet.start('worker');
  await eventually(async () => expect(await partitions()).toBe(4), PATIENCE);
});

afterAll(async () => {
  const keys = createKeys(`{strange-${fleet.topic}}`);
  await fleet.redis.del(keys.store);
  await fleet.stop();
});

describe('an ingest with another prefix in the same group', () => {
  test('does not start, and says why', async () => {
    const { command, args } = relayCommand('ingest/main.ts');
    const all = [...args, '--config', strange];
    const { code, out, err } = await commandAlone(command, all, { env: bareEnvironment() });
    expect(code).toBe(1);
    expect(out + err).toContain(
      `consumer group ${fleet.topic} belongs to ingests that write to another`,
    );
    await send(200, 'while');
    await settled(fleet, 200);
  });

  test('is named by check and status, and by no means ready', async () => {
    const found = await run('check', ['--config', strange]);
    expect(found).toContain(`reads in group ${fleet.topic}, and writes to another Redis or prefix`);
    expect(found).not.toContain('Ready');
    const status = await run('status', ['--config', strange]);
    // Lines are wrapped to the width of the terminal.
    expect(status.replace(/\s+/g, ' ')).toContain('but writes to another Redis or prefix');
    const ours = await run('check', ['--config', fleet.configuration]);
    expect(ours).not.toContain('another Redis or prefix');
  });

  test('gets no partition where it joins all the same, and is named', async () => {
    const kafka = createKafka({ brokers, clientId: 'stranger', ssl: false, sasl: null });
    const consumer = kafka.consumer({
      groupId: fleet.topic,
      partitionAssigners: [storeAssigner({ id: 'f'.repeat(36), since: Date.now() })],
    });
    const assigned: unknown[] = [];
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      assigned.push(payload.memberAssignment);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [fleet.topic], fromBeginning: true });
    await consumer.run({ eachMessage: async () => {} });
    await eventually(() => expect(assigned).toEqual([{}]), PATIENCE);
    await eventually(async () => {
      expect(await run('check', ['--config', fleet.configuration])).toContain('stranger at ');
    }, PATIENCE);
    const [ingest] = fleet.processes;
    await eventually(() => {
      expect(ingest?.log()).toContain('a member of the group writes to another Redis or prefix');
    }, PATIENCE);
    await consumer.disconnect();
    await send(200, 'after');
    await settled(fleet, 400);
    const accepted = await fleet.accepted();
    expect(accepted.size).toBe(400);
    expect([...accepted.values()].every((count) => count === 1)).toBe(true);
  });
});

test('a Redis that was emptied stays the store of the ingest that runs', async () => {
  const { store } = fleet.store.keys;
  const before = await fleet.redis.get(store);
  await fleet.redis.del(store);
  await eventually(async () => expect(await fleet.redis.get(store)).toBe(before), PATIENCE);
});
