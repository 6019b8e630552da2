import { randomBytes } from 'node:crypto';
import type { Store } from './store.ts';

/** Stands for the key that a command is tried on. */
const KEY = Symbol('key');

type Trial = readonly [name: string, ...args: (string | number | typeof KEY)[]];

/**
 * Every command that our scripts and those of BullMQ run, or that is sent by itself, in a form that
 * does nothing to a key that holds a string. Some services forbid commands, and an access control
 * list may: each of these missing is an error in the middle of a script.
 */
export const TRIALS: readonly Trial[] = [
  // First and last: in between the key is a string, and vanishes by itself if it cannot be deleted.
  ['set', KEY, 'trial', 'PX', 60_000],
  ['eval', 'return 1', 0],
  ['evalsha', '0'.repeat(40), 0],
  ['multi'],
  ['exec'],
  ['info', 'server'],
  ['ping'],
  ['time'],
  ['get', KEY],
  ['mget', KEY],
  ['mset', KEY, 'trial'],
  ['exists', KEY],
  ['persist', KEY],
  ['pexpire', KEY, 60_000],
  ['pttl', KEY],
  ['incr', KEY],
  ['hget', KEY, 'a'],
  ['hgetall', KEY],
  ['hmget', KEY, 'a'],
  ['hset', KEY, 'a', 'b'],
  ['hmset', KEY, 'a', 'b'],
  ['hsetnx', KEY, 'a', 'b'],
  ['hincrby', KEY, 'a', 1],
  ['hdel', KEY, 'a'],
  ['hexists', KEY, 'a'],
  ['hkeys', KEY],
  ['hlen', KEY],
  ['hvals', KEY],
  ['hrandfield', KEY, 1],
  ['lpush', KEY, 'a'],
  ['lpos', KEY, 'a'],
  ['lrem', KEY, 1, 'a'],
  ['llen', KEY],
  ['lindex', KEY, 0],
  ['lrange', KEY, 0, 0],
  ['ltrim', KEY, 0, 0],
  ['rpush', KEY, 'a'],
  ['rpop', KEY],
  ['rpoplpush', KEY, KEY],
  ['sadd', KEY, 'a'],
  ['srem', KEY, 'a'],
  ['scard', KEY],
  ['smembers', KEY],
  ['sismember', KEY, 'a'],
  ['zadd', KEY, 0, 'a'],
  ['zcard', KEY],
  ['zcount', KEY, 0, 1],
  ['zpopmin', KEY],
  ['bzpopmin', KEY, 0.01],
  ['zrange', KEY, 0, 0],
  ['zrangebyscore', KEY, 0, 1],
  ['zrevrange', KEY, 0, 0],
  ['zrevrangebyscore', KEY, 1, 0],
  ['zrem', KEY, 'a'],
  ['zremrangebyrank', KEY, 0, 0],
  ['zremrangebyscore', KEY, 0, 1],
  ['zscore', KEY, 'a'],
  ['xadd', KEY, '*', 'a', 'b'],
  ['xrevrange', KEY, '+', '-', 'COUNT', 1],
  ['xtrim', KEY, 'MAXLEN', 1],
  ['del', KEY],
];

/** What the user of a connection may not do. */
export type MissingPermissions = Awaited<ReturnType<typeof findMissingPermissions>>;

/** Tries every command that is needed on a key that nothing else uses, and removes that again. */
export async function findMissingPermissions(store: Store) {
  // One that does not answer, or does not know the user, answers nothing else either.
  await store.redis.ping().catch((error: Error) => {
    if (refusalOf(error.message) === null) throw error;
  });
  const key = `${store.keys.trial}:${randomBytes(6).toString('hex')}`;
  const answers = await Promise.all(
    TRIALS.map(([name, ...args]) =>
      store.redis.call(name, ...args.map((arg) => (arg === KEY ? key : (arg as string)))).then(
        () => null,
        (error: Error) => error,
      ),
    ),
  );
  const lost = answers.find((error) => error !== null && error.name !== 'ReplyError');
  if (lost) throw lost;
  const refused = answers.map((error) => refusalOf(error?.message ?? ''));
  return {
    /** In lower case. */
    commands: TRIALS.filter((_, at) => refused[at] === 'command').map(([name]) => name),
    /** Whether the keys under the prefix are closed to it. */
    keys: refused.includes('key'),
  };
}

/** Releases word it differently: `NOPERM … no permissions to access a key`, `EXECABORT … NOPERM …`. */
function refusalOf(message: string): 'command' | 'key' | null {
  if (/^ERR unknown command/i.test(message)) return 'command';
  if (!/\bNOPERM\b/.test(message)) return null;
  return /\bkeys?\b/.test(message) ? 'key' : 'command';
}
