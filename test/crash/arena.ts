import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '#local/kafka.ts';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { LocalServer } from '#local/server.ts';

/** A Kafka and a Redis of our own, so that they can be killed. */
export interface Arena {
  readonly kafka: LocalServer;
  readonly redis: LocalServer;
  readonly redisFolder: string;
  readonly brokers: readonly string[];
  readonly redisUrl: string;
  close(): Promise<void>;
}

/** The append-only file is never rewritten, so that a copy is good at any moment, and a dump can be searched. */
const REDIS = { 'auto-aof-rewrite-percentage': '0', rdbcompression: 'no' };

export async function openArena(settings: Readonly<Record<string, string>> = {}): Promise<Arena> {
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-arena-'));
  const [kafkaFolder, redisFolder] = [join(folder, 'kafka'), join(folder, 'redis')];
  await Promise.all([mkdir(kafkaFolder), mkdir(redisFolder)]);
  const [kafkaPort, redisPort] = [await freePort(), await freePort()];
  const [kafka, redis] = await Promise.all([
    startKafka({ folder: kafkaFolder, port: kafkaPort }, () => {}),
    startRedis(
      { folder: redisFolder, port: redisPort, settings: { ...REDIS, ...settings } },
      () => {},
    ),
  ]);
  return {
    kafka,
    redis,
    redisFolder,
    brokers: [kafka.address],
    redisUrl: redis.address,
    async close() {
      await Promise.all([kafka.kill(), redis.kill()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
