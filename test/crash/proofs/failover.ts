import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { LocalServer } from '#local/server.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import type { Arena } from '#test/crash/arena.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { trial, UNDER_WAY } from '#test/crash/trial.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';

export interface FailoverOptions {
  readonly times: number;
  readonly eventsPerSecond: number;
  /** How long a replica that clients already use refuses their writes, in ms. */
  readonly readOnlyMs: number;
  /** How far the replica is behind its primary, in ms: what it forgets. */
  readonly lagMs: number;
}

/** One of two Redis servers; each is the primary in turn. */
interface Node {
  readonly server: LocalServer;
  readonly folder: string;
  readonly port: number;
  readonly redis: Redis;
  /** Where the other one copies from it, late. */
  readonly stream: TcpProxy;
}

const WORKERS = 2;

/**
 * A replica is promoted by hand under load, again and again: now because the primary was killed, now
 * while it still runs and clients are led to a replica that refuses writes for a while. What the
 * replica had not received yet is forgotten, as with any asynchronous replication.
 */
export async function failover(bench: Bench, options: FailoverOptions): Promise<Evidence> {
  const { arena, seed, say } = bench;
  const { times, eventsPerSecond } = options;
  const nodes = await openPair(arena, options.lagMs);
  const { proxy } = arena;
  const redisUrl = `redis://127.0.0.1:${proxy.port}`;
  try {
    const result = await trial(
      arena,
      { seed, say, redisUrl, ingests: 2, workers: WORKERS, eventsPerSecond },
      async () => {
        let [primary, replica] = nodes;
        for (let n = 1; n <= times; n += 1) {
          await sleep(1500);
          const killed = n % 2 === 1;
          await promote({ primary, replica, proxy, killed }, options);
          await follow(primary, replica);
          [primary, replica] = [replica, primary];
          const how = killed ? 'the primary was killed' : 'the replica was read-only at first';
          say(`${String(n).padStart(4)}/${times}  replica promoted; ${how}`);
        }
      },
    );
    const disturbances = `a replica of Redis, ${options.lagMs} ms behind, promoted ${times} times: the primary killed, or the replica still read-only`;
    const allowed = result.unknownAnswers + times * WORKERS * UNDER_WAY;
    return evidence(disturbances, result, allowed, {
      notes: [`up to ${options.readOnlyMs} ms of READONLY replies at every second promotion`],
    });
  } finally {
    proxy.redirect(nodes[0].port);
    for (const { redis, stream } of nodes) {
      redis.disconnect();
      await stream.close();
    }
    await nodes[1].server.kill();
    await rm(nodes[1].folder, { recursive: true, force: true });
  }
}

/** The arena's Redis, and a replica of it. */
async function openPair(arena: Arena, lagMs: number): Promise<readonly [Node, Node]> {
  const folder = `${arena.redisFolder}-replica`;
  await mkdir(folder);
  const port = await freePort();
  const server = await startRedis({ folder, port }, () => {});
  const first = Number(new URL(arena.redisUrl).port);
  const own = await nodeOf(arena.redis, arena.redisFolder, first);
  const other = await nodeOf(server, folder, port);
  for (const { stream } of [own, other]) stream.delayAnswers(lagMs);
  await replicate(other, own);
  return [own, other];
}

async function nodeOf(server: LocalServer, folder: string, port: number): Promise<Node> {
  const redis = connectForCommands(`redis://127.0.0.1:${port}`, () => {});
  return { server, folder, port, redis, stream: await TcpProxy.to(port) };
}

async function promote(
  {
    primary,
    replica,
    proxy,
    killed,
  }: { primary: Node; replica: Node; proxy: TcpProxy; killed: boolean },
  { readOnlyMs }: FailoverOptions,
): Promise<void> {
  if (killed) {
    await primary.server.kill();
    await replica.redis.replicaof('NO', 'ONE');
    proxy.redirect(replica.port);
    return;
  }
  proxy.redirect(replica.port);
  await sleep(readOnlyMs);
  await replica.redis.replicaof('NO', 'ONE');
}

/** The former primary comes back empty and copies everything from the new one. */
async function follow(former: Node, primary: Node): Promise<void> {
  await former.server.kill();
  await rm(join(former.folder, 'appendonlydir'), { recursive: true, force: true });
  await former.server.start();
  await replicate(former, primary);
}

async function replicate(replica: Node, primary: Node): Promise<void> {
  await retried(() => replica.redis.replicaof('127.0.0.1', primary.stream.port));
  for (;;) {
    const info = await retried(() => replica.redis.info('replication'));
    if (info.includes('master_link_status:up')) return;
    await sleep(50);
  }
}

/** A connection whose server was killed needs a moment until it is there again. */
async function retried<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch {
      await sleep(50);
    }
  }
}
