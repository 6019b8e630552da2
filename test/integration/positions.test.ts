import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createKafka } from '#kafka/client.ts';
import { ensureTopics } from '#kafka/topics.ts';
import { startKafka } from '#local/kafka.ts';
import { freePort } from '#local/ports.ts';
import { type RelayProcess, relayCommand } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import type { LocalServer } from '#local/server.ts';
import { imbalance } from '#store/status/ledger.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';
import { createTraffic } from '#test/support/traffic.ts';

const OFTEN = { everyMs: 100 };
const TAKEN = 100;
const run = promisify(execFile);

let folder = '';
let server: LocalServer;
let fleet: Fleet;
let ingest: RelayProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-positions-'));
  server = await startKafka({ folder, port: await freePort() }, () => {});
});

/** A topic with an ingest, for the tests of a group or for one test. */
async function prepare(): Promise<void> {
  fleet = await Fleet.prepare({
    // Their topics are cut and made again, which an idempotent producer does not survive.
    resends: true,
    brokers: [server.address],
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    withSandbox: false,
    partitions: 1,
  });
  ingest = await fleet.start('ingest');
}

afterEach(() => ingest.kill('SIGCONT'));

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function kafka() {
  return createKafka({ brokers: [server.address], clientId: 'test', ssl: false, sasl: null });
}

async function send(name: string, messages: number): Promise<void> {
  await fleet.send(createTraffic(name, messages).messages);
}

/** Every event that was ever taken, and that the ledger balances. */
async function taken(): Promise<number> {
  const ledgers = [...(await fleet.ledgers()).values()];
  expect(ledgers.map(imbalance).filter((events) => events !== 0)).toEqual([]);
  return ledgers.reduce((sum, { consumed }) => sum + consumed, 0);
}

async function untilTaken(events: number): Promise<void> {
  await eventually(async () => expect(await taken()).toBe(events), OFTEN);
}

async function counted(name: string): Promise<number> {
  return (await scrape([ingest.url])).sum(name);
}

/** Waits until ingest reads on, and says that nothing else was taken meanwhile. */
async function readsOn(events: number): Promise<void> {
  await send(`later than ${events}`, 1);
  await untilTaken(events + 1);
}

async function recreate(): Promise<void> {
  const admin = kafka().admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [fleet.topic] });
  await eventually(async () => {
    expect(await admin.listTopics()).not.toContain(fleet.topic);
    await ensureTopics(kafka(), [fleet.topic], 1);
  }, OFTEN);
  await admin.disconnect();
}

describe('a topic that is deleted and created again', () => {
  /** How many messages ingest has taken of this topic and of the former ones. */
  let all = 0;
  /** How many messages the topic holds: one of them came behind what a test is about. */
  let held = 0;

  beforeAll(async () => {
    await prepare();
    await send('first', TAKEN);
    [all, held] = [TAKEN, TAKEN];
    await untilTaken(all);
  });
  afterAll(() => fleet.stop());

  /** Replaces the topic by one with this number of messages. */
  async function replace(messages: number): Promise<void> {
    await recreate();
    await send(`new of ${all}`, messages);
    all += messages;
    held = messages;
  }

  async function readFromItsBeginning(): Promise<void> {
    await untilTaken(all);
    await readsOn(all);
    all += 1;
    held += 1;
  }

  const recreated = () => counted('capi_ingest_recreated_partitions_total');

  test.each([
    ['with fewer messages', 0.5],
    ['with as many', 1],
    ['with more', 2],
  ])('%s while ingest is stopped is read from its beginning, once', async (_, share) => {
    await ingest.stop();
    await replace(Math.floor(held * share));
    ingest = await fleet.start('ingest');
    await readFromItsBeginning();
    expect(await recreated()).toBe(1);
    expect(await counted('capi_ingest_missing_messages_total')).toBe(0);
    expect(ingest.log()).toContain('the topic was deleted and created again');
  });

  test.each([
    ['with fewer messages', 0.5],
    ['with as many', 1],
    ['with more', 2],
  ])('%s while ingest is paused is read from its beginning, once', async (_, share) => {
    const before = await recreated();
    // It fetches nothing, and so it does not learn that the topic was gone.
    ingest.kill('SIGSTOP');
    await replace(Math.floor(held * share));
    ingest.kill('SIGCONT');
    await readFromItsBeginning();
    expect((await recreated()) - before).toBe(1);
  });
});

describe('a log that lost its beginning', () => {
  beforeEach(prepare);
  afterEach(() => fleet.stop());

  test('what retention removes ahead of a running ingest is counted exactly, with its range', async () => {
    await send('read', TAKEN);
    await untilTaken(TAKEN);
    // Nothing of an open transaction is fetched, and so none of it is read before it is removed.
    const producer = kafka().producer({ transactionalId: fleet.topic, idempotent: true });
    await producer.connect();
    const transaction = await producer.transaction();
    const { messages } = createTraffic('removed', 70);
    await transaction.send({
      topic: fleet.topic,
      messages: messages.map(({ key, value }) => ({ key, value })),
    });
    const admin = kafka().admin();
    await admin.connect();
    // kafkajs deletes only where it has asked before.
    await admin.fetchTopicOffsets(fleet.topic);
    await admin.deleteTopicRecords({
      topic: fleet.topic,
      partitions: [{ partition: 0, offset: String(TAKEN + 60) }],
    });
    await admin.disconnect();
    await transaction.commit();
    await producer.disconnect();
    await untilTaken(TAKEN + 10);
    await readsOn(TAKEN + 10);
    expect(await counted('capi_ingest_missing_messages_total')).toBe(60);
    expect(ingest.log()).toContain(`"from":${TAKEN},"to":${TAKEN + 60},"messages":60`);
  });
});

describe('a log that was cut', () => {
  beforeEach(prepare);
  afterEach(() => fleet.stop());

  /** Brings the log of the topic back to how it was when `before` was called. */
  async function cutBack(more: number): Promise<void> {
    await ingest.stop();
    const [log] = await logFolders();
    if (log === undefined) throw new Error('no log');
    await server.stop();
    const copy = `${log}-before`.replace(folder, join(folder, 'copies'));
    await cp(log, copy, { recursive: true });
    await server.start();
    ingest = await fleet.start('ingest');
    await send('cut off', more);
    await untilTaken(TAKEN + more);
    await ingest.stop();
    await server.stop();
    await rm(log, { recursive: true });
    await cp(copy, log, { recursive: true });
    await server.start();
  }

  async function logFolders(): Promise<string[]> {
    const found = await readdir(folder, { recursive: true, withFileTypes: true });
    return found
      .filter((each) => each.isDirectory() && each.name === `${fleet.topic}-0`)
      .map((each) => join(each.parentPath, each.name))
      .filter((path) => !path.startsWith(join(folder, 'copies')));
  }

  async function halted(): Promise<void> {
    await eventually(async () => {
      expect(await counted('capi_ingest_halted_partitions')).toBe(1);
      const answer = await fetch(`${ingest.url}/readyz`);
      expect(answer.status).toBe(503);
      expect(await answer.text()).toContain(`${fleet.topic}/0 is halted`);
    }, OFTEN);
  }

  async function partitions(...args: string[]): Promise<string> {
    const { command, args: own } = relayCommand('cli/partitions/main.ts');
    const { stdout } = await run(command, [...own, '--config', fleet.configuration, ...args]);
    return stdout;
  }

  test('is not read again, waits for a person, and goes on where they say', async () => {
    await send('kept', TAKEN);
    await untilTaken(TAKEN);
    await cutBack(40);
    await send('after the cut', 10);
    ingest = await fleet.start('ingest');
    await halted();
    expect(ingest.log()).toContain(`"watermark":${TAKEN + 40},"logEnd":${TAKEN + 10},"found":true`);
    expect(await taken()).toBe(TAKEN + 40);

    // It stays so when the log has grown past what was taken, and after a restart.
    await send('more', 50);
    await ingest.stop();
    ingest = await fleet.start('ingest');
    await halted();
    expect(await taken()).toBe(TAKEN + 40);
    const status = relayCommand('cli/status/main.ts');
    await expect(
      run(status.command, [...status.args, '--config', fleet.configuration]),
    ).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`partition ${fleet.topic}/0 is halted`),
    });
    expect(await partitions()).toContain(`halted: the log ended at ${TAKEN + 10}`);

    await partitions('--resume', `${fleet.topic}/0`, '--at', String(TAKEN));
    await untilTaken(TAKEN + 40 + 60);
    await readsOn(TAKEN + 40 + 60);
    expect(await counted('capi_ingest_halted_partitions')).toBe(0);
    expect((await fetch(`${ingest.url}/readyz`)).status).toBe(200);
    await expect(partitions('--resume', `${fleet.topic}/0`, '--at', 'end')).rejects.toThrow(
      'is not halted',
    );
  });
});
