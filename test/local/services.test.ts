import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { startServices } from '#local/services.ts';

const given = { ...process.env };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-services-'));
});

afterAll(() => rm(folder, { recursive: true }));

afterEach(() => {
  for (const name of ['KAFKA_BROKERS', 'REDIS_URL', 'PATH']) {
    if (given[name] === undefined) delete process.env[name];
    else process.env[name] = given[name];
  }
});

const silent = (): void => {};

test('servers that the environment names are used, and nothing is started', async () => {
  process.env['KAFKA_BROKERS'] = 'kafka-1:9092,kafka-2:9092';
  process.env['REDIS_URL'] = 'redis://cache:6379';
  const services = await startServices({ folder }, silent);
  expect(services).toMatchObject({
    brokers: ['kafka-1:9092', 'kafka-2:9092'],
    redisUrl: 'redis://cache:6379',
    by: 'environment',
    servers: [],
  });
  await services.stop();
});

test('when they cannot be had, the error names what would help', async () => {
  delete process.env['KAFKA_BROKERS'];
  process.env['REDIS_URL'] = 'redis://cache:6379';
  process.env['PATH'] = '';
  const starting = startServices({ folder, native: true }, silent);
  await expect(starting).rejects.toThrow(
    /Java is not installed\n.*helps:\n.*KAFKA_BROKERS and REDIS_URL.*\n.*Docker.*\n.*Java 17 and Maven/,
  );
});
