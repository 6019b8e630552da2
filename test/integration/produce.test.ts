import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKafka, type KafkaClient } from '#kafka/client.ts';
import { COMPRESSIONS } from '#kafka/compressions.ts';
import { ensureTopics, listTopics } from '#kafka/topics.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { eventually } from '#test/support/deadline.ts';
import { inRepository } from '#test/support/in-repository.ts';
import { trackEvent } from '#test/support/track-event.ts';

const MAIN = inRepository('services/cli/produce/main.ts');
const BROKERS = process.env['TEST_KAFKA_BROKERS'] ?? '';
// For what hangs, not for what is slow.
const DEADLINE_MS = 240_000;

interface Read {
  readonly key: string | null;
  readonly value: Buffer;
}

let kafka: KafkaClient;
let folder: string;

beforeAll(async () => {
  kafka = createKafka({ brokers: BROKERS.split(','), clientId: 'test', ssl: false, sasl: null });
  folder = await mkdtemp(join(tmpdir(), 'produce-test-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the real command. */
function run(args: readonly string[], input = '', brokers = BROKERS) {
  const environment = { ...process.env, NODE_OPTIONS: '', KAFKA_BROKERS: brokers };
  return commandAlone(process.execPath, [MAIN, ...args], { env: environment, input });
}

/** Reads a number of messages of a topic from its start. */
async function readTopic(topic: string, count: number): Promise<Read[]> {
  const messages: Read[] = [];
  const consumer = kafka.consumer({ groupId: randomUUID() });
  const { promise, resolve: enough } = Promise.withResolvers<void>();
  const timer = setTimeout(enough, DEADLINE_MS);
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message: { key, value } }) => {
      messages.push({ key: key === null ? null : String(key), value: value ?? Buffer.alloc(0) });
      if (messages.length >= count) enough();
    },
  });
  await promise;
  clearTimeout(timer);
  await consumer.disconnect();
  return messages;
}

/** How many messages a topic holds. */
async function sizeOf(topic: string): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
}

/** The errors of a command, without retries and progress, which depend on how busy the machine is. */
function errorsOf(stderr: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('Kafka did not take messages, '))
    .filter((line) => !/^[\d,]+ of [\d,]+ messages, [\d,]+ per second$/.test(line));
}

describe('generated traffic', () => {
  test('every message that the summary counts is in the topic, with its key', async () => {
    const topic = `produce-${randomUUID()}`;
    const { code, out, err } = await run([
      ...['--topic', topic, '--create-topic', '3', '--count', '2000'],
      ...['--bad', '0.1', '--seed', 'kafka', '--json'],
    ]);
    expect({ code, errors: errorsOf(err) }).toEqual({ code: 0, errors: [] });
    const summary = JSON.parse(out);
    expect(summary).toMatchObject({ topic, messages: 2_000, generated: { seed: 'kafka' } });
    const messages = await readTopic(topic, 2_000);
    expect(messages).toHaveLength(2_000);
    expect(messages.reduce((sum, { value }) => sum + value.length, 0)).toBe(summary.bytes);
    const ids = new Set<string>();
    for (const { key, value } of messages) {
      const event = tryParse(value);
      if (typeof event?.['messageId'] !== 'string') continue;
      ids.add(event['messageId']);
      expect([event['userId'], event['anonymousId'], undefined]).toContain(
        event['anonymousId'] === undefined ? undefined : key,
      );
    }
    expect(ids.size).toBeGreaterThan(1_800);
  });

  test.each(COMPRESSIONS)('with %s', async (compression) => {
    const topic = `produce-${compression}-${randomUUID()}`;
    const { code } = await run([
      ...['--topic', topic, '--create-topic', '1', '--count', '300'],
      ...['--bad', '0', '--compression', compression],
    ]);
    expect(code).toBe(0);
    const messages = await readTopic(topic, 300);
    expect(messages.map(({ value }) => tryParse(value)?.['type'])).toEqual(
      Array.from({ length: 300 }, () => 'track'),
    );
  });

  test('a message over a mebibyte goes through brokers that allow just that', async () => {
    const topic = `produce-large-${randomUUID()}`;
    await ensureTopics(kafka, [topic], 1, { 'max.message.bytes': '1048588' });
    const large = JSON.stringify(trackEvent({ comment: 'long '.repeat(220_000) }));
    const lines = [JSON.stringify(trackEvent()), large, JSON.stringify(trackEvent())];
    const { code, err } = await run(
      ['--topic', topic, '--file', '-', '--compression', 'none'],
      lines.join('\n'),
    );
    expect({ code, errors: errorsOf(err) }).toEqual({ code: 0, errors: [] });
    const sizes = (await readTopic(topic, 3)).map(({ value }) => value.length);
    expect(sizes).toContain(Buffer.byteLength(large));
  });

  test('a signal ends a run in order, and nothing is counted that is not there', async () => {
    const topic = `produce-signal-${randomUUID()}`;
    await ensureTopics(kafka, [topic], 2);
    const child = spawn(process.execPath, [MAIN, '--topic', topic, '--rate', '500', '--json'], {
      env: { ...process.env, NODE_OPTIONS: '', KAFKA_BROKERS: BROKERS },
    });
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    const exited = new Promise<number | null>((done) => child.once('exit', done));
    await eventually(async () => expect(await sizeOf(topic)).toBeGreaterThanOrEqual(100));
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(JSON.parse(stdout).messages).toBe(await sizeOf(topic));
  });
});

describe('a file of lines', () => {
  test('is sent verbatim, keyed where it can be, blank lines left out', async () => {
    const topic = `produce-file-${randomUUID()}`;
    const path = join(folder, 'events.jsonl');
    const lines = ['{"userId":"ü1", "a": 1}', 'no JSON', '{"anonymousId":"a1"}', '{}'];
    await writeFile(path, `${lines.join('\n\n')}\n`);
    const { code, out } = await run([...['--topic', topic, '--create-topic', '1', '--file', path]]);
    expect(code).toBe(0);
    expect(out).toContain(`4 messages sent to ${topic}`);
    expect((await readTopic(topic, 4)).map(({ key, value }) => [key, String(value)])).toEqual([
      ['ü1', lines[0]],
      [null, lines[1]],
      ['a1', lines[2]],
      [null, lines[3]],
    ]);
  });
});

describe('what goes wrong', () => {
  test('brokers that do not answer are named, with the fix', async () => {
    const { code, out, err } = await run(['--count', '1'], '', '127.0.0.1:1');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('127.0.0.1:1');
    expect(err).toContain('ECONNREFUSED');
    expect(err).toContain('KAFKA_BROKERS');
  });

  test('a topic that is not there is named, with the fix, and not created', async () => {
    const topic = `produce-none-${randomUUID()}`;
    const { code, err } = await run(['--topic', topic, '--count', '1']);
    expect(code).toBe(1);
    expect(err).toBe(
      `error: topic ${topic} does not exist: --create-topic 6 creates it with 6 partitions\n`,
    );
    expect(await listTopics(kafka)).not.toContain(topic);
  });
});

function tryParse(value: Buffer): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(value.toString('utf8'));
    return typeof parsed === 'object' ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
