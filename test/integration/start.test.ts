import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createKafka } from '#kafka/client.ts';
import { ensureTopics, examineGroup } from '#kafka/topics.ts';
import { writeConfiguration } from '#local/configuration.ts';
import { startKafka } from '#local/kafka.ts';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import { type RelayProcess, startRelay } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import type { LocalServer } from '#local/server.ts';
import { eventually } from '#test/support/deadline.ts';
import { uniqueName } from '#test/support/names.ts';

const OFTEN = { everyMs: 100 };
const [KAFKA = ''] = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const REDIS = process.env['TEST_REDIS_URL'] ?? '';
const SERVICES = ['ingest', 'worker', 'control'] as const;

let folder = '';
let servers: LocalServer[] = [];
let processes: RelayProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-start-'));
  servers = [];
  processes = [];
});

afterEach(async () => {
  await Promise.all(processes.map((each) => each.stop()));
  await Promise.all(servers.map((each) => each.stop()));
  await rm(folder, { recursive: true, force: true });
});

/** A configuration for servers that may not run yet, in the test's own folder. */
function configure(at: { kafka: string; redis: string; topic: string; ingest?: number }) {
  return writeConfiguration(folder, {
    brokers: [at.kafka],
    redisUrl: at.redis,
    graphApiUrl: 'http://127.0.0.1:9',
    topic: at.topic,
    ports: { ingest: at.ingest ?? 0, worker: 0, control: 0 },
  });
}

async function launch(
  service: (typeof SERVICES)[number],
  name: string,
  configuration: string,
  until: 'listening' | 'running',
): Promise<RelayProcess> {
  const args = ['--config', configuration];
  const launched = await startRelay(`${service}/main.ts`, { name, folder, args, until });
  processes.push(launched);
  return launched;
}

async function ask({ url }: RelayProcess, path: string) {
  const answer = await fetch(`${url}${path}`);
  return { status: answer.status, body: await answer.text() };
}

/** A topic of the Kafka that all tests share, which is there, and who knows of its group. */
async function newTopic() {
  const topic = uniqueName('start');
  const client = createKafka({ brokers: [KAFKA], clientId: 'test', ssl: false, sasl: null });
  await ensureTopics(client, [topic], 4);
  return { topic, client };
}

describe('while Redis and Kafka are away', () => {
  test('every service answers, says what it waits for, and goes on when they come', async () => {
    const topic = uniqueName('start');
    const ports = { kafka: await freePort(), redis: await freePort() };
    const configuration = await configure({
      kafka: `127.0.0.1:${ports.kafka}`,
      redis: `redis://127.0.0.1:${ports.redis}`,
      topic,
    });
    const [ingest, worker, control] = await Promise.all(
      SERVICES.map((service) => launch(service, service, configuration, 'listening')),
    );
    if (!ingest || !worker || !control) throw new Error('not started');
    for (const each of [ingest, worker, control]) {
      expect(await ask(each, '/livez')).toMatchObject({ status: 200 });
      expect((await ask(each, '/metrics')).body).toContain('capi_process_state');
      await eventually(async () => {
        expect((await ask(each, '/readyz')).status).toBe(503);
      }, OFTEN);
    }
    for (const each of [ingest, worker]) {
      await eventually(async () => {
        const { body } = await ask(each, '/readyz');
        expect(body).toContain('waiting for Redis: it does not answer: ECONNREFUSED');
      }, OFTEN);
      expect(each.log()).toMatch(/"waitingFor":"Redis".*"msg":"waiting to start"/);
    }

    servers.push(await startRedis({ folder, port: ports.redis }, () => {}));
    await eventually(async () => {
      expect(await ask(worker, '/readyz')).toMatchObject({ status: 200 });
      expect(await ask(control, '/readyz')).toMatchObject({ status: 200 });
      expect((await ask(ingest, '/readyz')).body).toMatch(/waiting for Kafka: .*ECONNREFUSED/);
    }, OFTEN);
    expect(await ask(ingest, '/livez')).toMatchObject({ status: 200 });

    const kafkaFolder = await mkdtemp(join(folder, 'kafka-'));
    const kafka = await startKafka({ folder: kafkaFolder, port: ports.kafka }, () => {});
    servers.push(kafka);
    const client = { brokers: [kafka.address], clientId: 'test', ssl: false, sasl: null } as const;
    // The topic does not exist yet, which waiting does not heal.
    expect(await ingest.exited).toBe(1);
    expect(ingest.log()).toContain(`Kafka has no topic ${topic}`);
    await ensureTopics(createKafka(client), [topic], 1);
    await kafka.kill();
    const again = await launch('ingest', 'ingest-2', configuration, 'listening');
    await eventually(async () => {
      expect((await ask(again, '/readyz')).body).toMatch(/waiting for Kafka: .*ECONNREFUSED/);
    }, OFTEN);
    await kafka.start();
    await eventually(async () => {
      expect(await ask(again, '/readyz')).toMatchObject({ status: 200 });
    }, OFTEN);
  });

  test('every service ends in order when it is told to', async () => {
    const configuration = await configure({
      kafka: '127.0.0.1:9',
      redis: 'redis://127.0.0.1:9',
      topic: uniqueName('start'),
    });
    const started = await Promise.all(
      SERVICES.map((service) => launch(service, service, configuration, 'listening')),
    );
    for (const each of started) each.kill('SIGTERM');
    expect(await Promise.all(started.map(({ exited }) => exited))).toEqual([0, 0, 0]);
  });
});

describe('an ingest that cannot start', () => {
  test('joins no group where its port is taken', async () => {
    const { topic, client } = await newTopic();
    const at = { kafka: KAFKA, redis: REDIS, topic };
    const first = await launch('ingest', 'first', await configure(at), 'running');
    const ready = async () => expect(await ask(first, '/readyz')).toMatchObject({ status: 200 });
    await eventually(ready, OFTEN);
    const joined = (await scrape([first.url])).sum('capi_ingest_rebalances_total');
    const port = Number(new URL(first.url).port);
    const configuration = await configure({ ...at, ingest: port });
    await expect(launch('ingest', 'second', configuration, 'running')).rejects.toThrow(
      `port ${port} is taken`,
    );
    const group = await examineGroup(client, topic, [topic]);
    expect(group.members).toHaveLength(1);
    expect(group).toMatchObject({ state: 'Stable', unassigned: { [topic]: [] } });
    expect((await scrape([first.url])).sum('capi_ingest_rebalances_total')).toBe(joined);
  });

  test('says so where Redis refuses its user, and does not wait', async () => {
    const { topic } = await newTopic();
    const url = REDIS.replace('redis://', 'redis://stranger:wrong-password@');
    const configuration = await configure({ kafka: KAFKA, redis: url, topic });
    await expect(launch('ingest', 'refused', configuration, 'running')).rejects.toThrow(
      'ingest cannot start: Redis refuses the login: wrong password',
    );
    const log = await readFile(join(folder, 'refused.log'), 'utf8');
    expect(log).not.toContain('wrong-password');
  });
});

test('an ingest that is ended by an error leaves the group', async () => {
  const { topic, client } = await newTopic();
  const configuration = await configure({ kafka: KAFKA, redis: REDIS, topic });
  // Longer than this test waits: only who leaves is gone.
  const text = await readFile(configuration, 'utf8');
  await writeFile(configuration, text.replace('ingest: {', 'ingest: { sessionTimeoutMs: 600000,'));
  const thrower = join(folder, 'thrower.mjs');
  await writeFile(thrower, "process.on('SIGUSR2', () => { throw new Error('broken'); });");
  const broken = await startRelay('ingest/main.ts', {
    name: 'broken',
    folder,
    args: ['--config', configuration],
    env: { NODE_OPTIONS: `--import ${thrower}` },
  });
  processes.push(broken);
  await eventually(
    async () => expect((await examineGroup(client, topic, [topic])).members).toHaveLength(1),
    OFTEN,
  );
  broken.kill('SIGUSR2');
  expect(await broken.exited).toBe(1);
  expect(broken.log()).toContain('unexpected error: exiting');
  await eventually(
    async () => expect((await examineGroup(client, topic, [topic])).members).toHaveLength(0),
    OFTEN,
  );
});
