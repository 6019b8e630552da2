import type { Redis } from 'ioredis';
import { z } from 'zod';

/** Something about this Redis that a person should know. A `danger` breaks the promise that nothing is lost. */
export interface RedisFinding {
  readonly level: 'warning' | 'danger';
  readonly problem: string;
  readonly fix: string;
}

/** What a Redis says of itself; null where it does not say. */
export interface RedisNode {
  readonly version: string;
  readonly role: 'primary' | 'replica';
  readonly replicas: number;
  /** Whether it is a node of a cluster. */
  readonly clustered: boolean;
  readonly appendOnly: boolean;
  /** Whether it takes snapshots. */
  readonly snapshots: boolean | null;
  /** `min-replicas-to-write`. */
  readonly minReplicas: number | null;
  readonly clients: number;
  readonly maxClients: number | null;
  readonly evicts: string;
  readonly memoryLimit: string;
  /** The settings that it does not let itself be asked for. */
  readonly unasked: readonly string[];
}

const SETTING = z.tuple([z.string(), z.string()]);
const REFUSED = /\bNOPERM\b|^ERR unknown (?:sub)?command/i;

/**
 * Asks by INFO what it can: services that are hosted for others often refuse `CONFIG GET`.
 * @throws what Redis replies to INFO
 */
export async function readNode(redis: Redis): Promise<RedisNode> {
  const info = await redis.info();
  const read = (name: string) => infoField(info, name);
  const unasked: string[] = [];
  const setting = async (name: string): Promise<string | null> => {
    const value = await askFor(redis, name);
    if (value === null) unasked.push(name);
    return value;
  };
  const [save, minReplicas, maxClients] = [
    await setting('save'),
    await setting('min-replicas-to-write'),
    // Redis 7 says it in INFO too.
    read('maxclients') || (await setting('maxclients')),
  ];
  return {
    version: read('redis_version'),
    role: read('role') === 'slave' ? 'replica' : 'primary',
    replicas: Number(read('connected_slaves') || 0),
    clustered: read('cluster_enabled') === '1' || read('redis_mode') === 'cluster',
    appendOnly: read('aof_enabled') === '1',
    snapshots: save === null ? null : save !== '',
    minReplicas: minReplicas === null ? null : Number(minReplicas),
    clients: Number(read('connected_clients') || 0),
    maxClients: maxClients === null ? null : Number(maxClients),
    evicts: read('maxmemory_policy'),
    memoryLimit: read('maxmemory'),
    unasked,
  };
}

/** A field of what `INFO` or `CLUSTER INFO` says; empty where it has none. */
export function infoField(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
}

/** Null where Redis refuses to be asked, or does not know the setting. */
async function askFor(redis: Redis, name: string): Promise<string | null> {
  try {
    return SETTING.parse(await redis.config('GET', name))[1];
  } catch (error) {
    if (error instanceof z.ZodError || REFUSED.test((error as Error).message)) return null;
    throw error;
  }
}

/** One line: what it is, and how it keeps what it takes. */
export function describeNode(node: RedisNode): string {
  const { version, role, replicas, clients, maxClients, minReplicas, appendOnly, snapshots } = node;
  const kept = [...(appendOnly ? ['append-only file'] : []), ...(snapshots ? ['snapshots'] : [])];
  const waits = minReplicas === null ? '' : `, min-replicas-to-write ${minReplicas}`;
  return [
    `${role} of Redis ${version || 'of an unknown version'}`,
    `${replicas} ${replicas === 1 ? 'replica' : 'replicas'}${waits}`,
    kept.join(' and ') || (snapshots === null ? 'no append-only file' : 'no persistence'),
    `${clients} of ${maxClients ?? 'an unknown number of'} connections`,
  ].join('; ');
}

/** What the connections of a worker are: its commands, its wait for work, and one for each pixel. */
function connectionsOfWorker(pixels: number): number {
  return 2 + pixels;
}

/** What a person should know of a node that works: nothing of it stops a process. */
export function nodeFindings(node: RedisNode, pixels: number): RedisFinding[] {
  const { replicas, minReplicas, clients, maxClients } = node;
  const findings: RedisFinding[] = [];
  const warn = (problem: string, fix: string): void =>
    void findings.push({ level: 'warning', problem, fix });
  if (minReplicas !== null && minReplicas > replicas) {
    const problem = `min-replicas-to-write is ${minReplicas} and ${replicas} are connected: it refuses every write`;
    findings.push({ level: 'danger', problem, fix: 'start the replicas, or lower it' });
  } else if (minReplicas === 0 && replicas > 0) {
    const problem = 'min-replicas-to-write is 0: a failover loses what no replica had yet';
    warn(problem, 'redis-cli config set min-replicas-to-write 1, and the same in redis.conf');
  }
  const each = connectionsOfWorker(pixels);
  if (maxClients !== null && maxClients - clients < each) {
    const problem = `maxclients leaves room for ${maxClients - clients} more connections, and a worker makes ${each} with ${pixels} pixels`;
    warn(problem, 'raise maxclients, and the limit of open files with it');
  }
  return findings;
}
