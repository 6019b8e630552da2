import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '#local/kafka.ts';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { LocalServer } from '#local/server.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';
import type { SharedStage } from './stage.ts';

/** A Kafka and a Redis of our own, so that they can be killed. */
export interface Arena {
  /** Null where the Kafka is not ours, and must not be killed. */
  readonly kafka: LocalServer | null;
  readonly redis: LocalServer;
  readonly redisFolder: string;
  readonly brokers: readonly string[];
  readonly redisUrl: string;
  /** Before the Redis, for what happens on the way to it; a trial leaves it as it was. */
  readonly proxy: TcpProxy;
  /** Where trials share their processes; each has its own otherwise. */
  readonly shared?: SharedStage;
  close(): Promise<void>;
}

/** The append-only file is never rewritten, so that a copy is good at any moment, and a dump can be searched. */
const REDIS = { 'auto-aof-rewrite-percentage': '0', rdbcompression: 'no' };

/** @param brokers of a Kafka that exists, for what does not kill it; it starts one otherwise */
export async function openArena(brokers: readonly string[] | null = null): Promise<Arena> {
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-arena-'));
  const redisFolder = join(folder, 'redis');
  await mkdir(redisFolder);
  const redisPort = await freePort();
  const [kafka, redis] = await Promise.all([
    brokers === null ? startOwnKafka(join(folder, 'kafka')) : null,
    startRedis({ folder: redisFolder, port: redisPort, settings: REDIS }, () => {}),
  ]);
  const proxy = await TcpProxy.to(redisPort);
  return {
    kafka,
    redis,
    redisFolder,
    brokers: kafka === null ? (brokers ?? []) : [kafka.address],
    redisUrl: redis.address,
    proxy,
    async close() {
      await proxy.close();
      await Promise.all([kafka?.kill(), redis.kill()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startOwnKafka(folder: string): Promise<LocalServer> {
  await mkdir(folder);
  return startKafka({ folder, port: await freePort() }, () => {});
}
