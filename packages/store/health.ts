import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { inBraces, keepsOneSlot } from '#config/redis-place.ts';
import { connectionError, refusedLogin } from './connection.ts';
import { loginRefusal } from './connection-cause.ts';
import { findMissingPermissions, type MissingPermissions } from './permissions.ts';
import { isPassing, redisFault } from './redis-fault.ts';
import { type RedisFinding, type RedisNode, readNode } from './redis-node.ts';
import { locatedBy } from './secured-redis.ts';
import type { Store } from './store.ts';

export type { RedisFinding };

/** The oldest Redis whose commands BullMQ's scripts rely on. */
const OLDEST_VERSION = 6.2;

/** Whether its user may do all that is needed, and Redis is set up to keep what it takes. */
export async function examineRedis(store: Store): Promise<RedisFinding[]> {
  return (await inspectRedis(store)).findings;
}

/** The same, with what the node says of itself; null where its user lacks a permission. */
export async function inspectRedis(
  store: Store,
): Promise<{ findings: RedisFinding[]; node: RedisNode | null }> {
  const forbidden = permissionFindings(store, await findMissingPermissions(store));
  if (forbidden.length > 0) return { findings: forbidden, node: null };
  const node = await readNode(store.redis);
  return { findings: judge(node, store.keys.prefix), node };
}

/**
 * Whether what a node says of itself suits what is kept in it.
 * Source: BullMQ, going to production: `maxmemory-policy` and persistence.
 */
function judge(node: RedisNode, prefix: string): RedisFinding[] {
  const findings: RedisFinding[] = [];
  if (Number.parseFloat(node.version) < OLDEST_VERSION) {
    const problem = `Redis ${node.version} is too old`;
    findings.push(danger(problem, `use Redis ${OLDEST_VERSION} or newer`));
  }
  if (node.evicts !== '' && node.evicts !== 'noeviction') {
    const problem = `maxmemory-policy is "${node.evicts}": a full Redis throws away events that wait in it`;
    findings.push(danger(problem, persistent('maxmemory-policy noeviction')));
  }
  if (node.memoryLimit === '0') {
    const problem = 'Redis has no memory limit: it grows until the machine ends it';
    findings.push(warning(problem, persistent('maxmemory to what the machine can spare')));
  }
  findings.push(...persistence(node.appendOnly, node.snapshots));
  if (node.role === 'replica') {
    const problem = 'this Redis is a replica: it takes no writes';
    findings.push(danger(problem, 'let redis.url (or REDIS_URL) name the primary'));
  }
  if (node.clustered && !keepsOneSlot(prefix)) {
    const problem = `this Redis is a node of a cluster, and redis.prefix "${prefix}" has no braces: its scripts would need keys of several slots`;
    findings.push(danger(problem, `write it with braces, like ${inBraces(prefix)}`));
  }
  return findings;
}

function danger(problem: string, fix: string): RedisFinding {
  return { level: 'danger', problem, fix };
}

function warning(problem: string, fix: string): RedisFinding {
  return { level: 'warning', problem, fix };
}

function persistent(setting: string): string {
  return `redis-cli config set ${setting}, and the same in redis.conf`;
}

/** A probe may come every second, and each examination is some seventy commands, in ms. */
const EXAMINE_EVERY_MS = 10_000;

/**
 * Asks whether Redis answers and its user may run every command that we need. While that holds, it is
 * examined every ten seconds, and Redis is only asked for a PING in between.
 * @returns what throws an error that names what is missing, and how to allow it
 */
export function createPermissionCheck(
  store: Store,
  now: () => number = () => performance.now(),
): () => Promise<void> {
  let examinedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (now() - examinedAt < EXAMINE_EVERY_MS) {
      await store.redis.ping();
      return;
    }
    const started = now();
    const missing = permissionFindings(store, await findMissingPermissions(store));
    if (missing.length > 0) throw new Error(describeFindings(missing));
    examinedAt = started;
  };
}

/** Findings in one line, each with its fix. */
export function describeFindings(findings: readonly RedisFinding[]): string {
  return findings.map(({ problem, fix }) => `${problem} → ${fix}`).join('; ');
}

/** What the user may not do: each of it would be an error in the middle of a script. */
export function permissionFindings(
  { redis, keys: { prefix } }: Store,
  { commands, keys }: MissingPermissions,
): RedisFinding[] {
  const user = redis.options.username ?? 'default';
  const finding = (problem: string, rules: string): RedisFinding => {
    const fix = `ACL SETUSER ${user} ${rules}, and the same in the ACL file`;
    return danger(`the Redis user "${user}" ${problem}`, fix);
  };
  const findings: RedisFinding[] = [];
  if (keys) findings.push(finding('may not use the keys of redis.prefix', `~${prefix}:*`));
  if (commands.length > 0) {
    const names = commands.map((name) => name.toUpperCase()).join(', ');
    findings.push(finding(`lacks ${names}`, commands.map((name) => `+${name}`).join(' ')));
  }
  return findings;
}

function persistence(appendOnly: boolean, snapshots: boolean | null): RedisFinding[] {
  if (appendOnly) return [];
  const problem =
    snapshots === false
      ? 'neither append-only file nor snapshots: a restart of Redis loses what waits in it'
      : 'no append-only file: a crash of Redis loses what came after its last snapshot';
  const found = snapshots === false ? danger : warning;
  return [found(problem, persistent('appendonly yes'))];
}

/** Redis does not answer now, and may answer later without a change of the configuration. */
class RedisAway extends Error {}

export function isAway(error: unknown): boolean {
  return error instanceof RedisAway;
}

/**
 * Reports what should be known about this Redis.
 * @throws RedisAway while it does not answer
 * @throws Error when it could lose events or refuses to be asked; the message says how to fix it
 */
export async function refuseUnsafeRedis(
  store: Store,
  onWarning: (finding: RedisFinding) => void,
): Promise<void> {
  const findings = await examineRedis(store).catch((error: unknown) => {
    throw unansweredMessage(store.redis, error);
  });
  for (const finding of findings) if (finding.level === 'warning') onWarning(finding);
  const dangers = findings.filter(({ level }) => level === 'danger');
  if (dangers.length === 0) return;
  throw new Error(`this Redis could lose events: ${describeFindings(dangers)}`);
}

function unansweredMessage(redis: Redis, error: unknown): Error {
  const place = locatedBy(redis);
  const where = place === 'redis.url' ? 'redis.url (or REDIS_URL)' : place;
  const refusal = refusedLogin(redis) ?? loginRefusal(error);
  if (refusal !== null) {
    return new Error(
      `Redis refuses the login: ${refusal} → correct ${where}, or redis.username and redis.passwordFile`,
    );
  }
  if (!mayPass(redis, error)) {
    const fix = `see ${where} and the rights of its user`;
    return new Error(`Redis refuses what it is asked: ${(error as Error).message} → ${fix}`);
  }
  const fix = `see that it runs, and ${where}; capi-relay check says more`;
  return new RedisAway(
    `it does not answer: ${connectionError(redis) ?? replyOf(error) ?? 'no answer'} → ${fix}`,
  );
}

function mayPass(redis: Redis, error: unknown): boolean {
  return isPassing(redisFault(error)) || isMovingOn(redis, error);
}

/** Whether another server takes over what this one was asked for: a failover, or a slot on its way. */
export function isMovingOn(redis: Redis, error: unknown): boolean {
  const fault = redisFault(error);
  return (fault === 'moved' || fault === 'read_only') && locatedBy(redis) !== 'redis.url';
}

/** What an error reply says; null where there was no reply. */
function replyOf(error: unknown): string | null {
  return error instanceof Error && error.name === 'ReplyError' ? error.message : null;
}

/** Collects how long Redis takes to answer a PING, in seconds; fails when it does not answer. */
export function roundTripCollector(redis: Redis, gauge: { set(seconds: number): void }) {
  const collect = async (): Promise<void> => {
    const started = performance.now();
    await redis.ping();
    gauge.set((performance.now() - started) / 1000);
  };
  return { name: 'redis', collect };
}

const PING_MS = 1000;

/**
 * Why Redis does not answer within a second; null when it answers.
 * @param ask something that the process needs, because Redis may answer PING and nothing else
 */
export async function pingFailure(
  redis: Redis,
  ask: () => Promise<unknown> = () => redis.ping(),
): Promise<string | null> {
  const asked = ask().then(
    () => null,
    (error: unknown) => error ?? new Error('no answer'),
  );
  const late = sleep(PING_MS, 'late' as const, { ref: false });
  const outcome = await Promise.race([asked, late]);
  if (outcome === null) return null;
  const refusal = refusedLogin(redis) ?? loginRefusal(outcome);
  if (refusal !== null) return `refuses the login: ${refusal}`;
  if (outcome instanceof Error && !mayPass(redis, outcome)) {
    return `refuses what it is asked: ${outcome.message}`;
  }
  const error = connectionError(redis) ?? replyOf(outcome);
  return error === null ? `does not answer within ${PING_MS} ms` : `does not answer: ${error}`;
}
