import { setTimeout as sleep } from 'node:timers/promises';
import { RetriedWork, type RetriedWorkOptions } from '#core/retried-work.ts';
import { HalfWrittenError } from './lua/atomic.ts';

/** Why Redis refused a command, as far as it matters for the fix. */
type RedisFault =
  | 'connection'
  | 'timeout'
  | 'loading'
  | 'not_allowed'
  | 'moved'
  | 'read_only'
  | 'full'
  | 'wrong_type'
  | 'half_written'
  | 'other';

/** By the first word of an error reply. Source: redis.io, and the errors in Redis's `server.c`. */
const FAULTS: Readonly<Record<string, RedisFault>> = {
  LOADING: 'loading',
  BUSY: 'loading',
  MASTERDOWN: 'loading',
  NOREPLICAS: 'loading',
  NOAUTH: 'not_allowed',
  WRONGPASS: 'not_allowed',
  NOPERM: 'not_allowed',
  MOVED: 'moved',
  ASK: 'moved',
  TRYAGAIN: 'moved',
  CROSSSLOT: 'moved',
  CLUSTERDOWN: 'moved',
  READONLY: 'read_only',
  UNBLOCKED: 'read_only',
  OOM: 'full',
  MISCONF: 'full',
  WRONGTYPE: 'wrong_type',
};

/** What Redis 6 and 7 reply in place of NOPERM where a script was not allowed a command. */
const FORBIDDEN_IN_SCRIPT = /executing the script can't (?:run|access)/;

/** What Redis replies in place of ASK and CLUSTERDOWN where it was a script that wanted the key. */
const NOT_HERE_IN_SCRIPT =
  /Script attempted to (?:access a non local key|execute a (?:write )?command while the cluster is down)/;

/** What a server replies that is not, or perhaps no longer, the one to ask. */
const ELSEWHERE = new Set(['READONLY', 'UNBLOCKED', 'NOREPLICAS', 'MOVED', 'CLUSTERDOWN']);

/** Characters of a reply that are read. */
const READ = 200;

const CONNECTION =
  /^(?:ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|NR_CLOSED)/;

/** Names of the errors of what a connection did not get through with. */
const BROKEN = new Set(['MaxRetriesPerRequestError', 'AbortError', 'NotLocated']);

/** Sorts what ioredis throws: an error reply by its first word, and the rest by how it ended. */
export function redisFault(error: unknown): RedisFault {
  if (!(error instanceof Error)) return 'other';
  if (error instanceof HalfWrittenError) return 'half_written';
  const { code } = error as Error & { code?: unknown };
  if (error.message === 'Command timed out') return 'timeout';
  if (error.name === 'ReplyError') {
    const message = error.message.slice(0, READ);
    if (FORBIDDEN_IN_SCRIPT.test(message)) return 'not_allowed';
    if (NOT_HERE_IN_SCRIPT.test(message)) return 'moved';
    const words = wordsOf(message);
    return words.map((word) => FAULTS[word]).find((fault) => fault !== undefined) ?? 'other';
  }
  if (BROKEN.has(error.name)) return 'connection';
  if (typeof code === 'string' && CONNECTION.test(code)) return 'connection';
  return /^Connection is closed|^Stream isn't writeable|^Redis was lost/.test(error.message)
    ? 'connection'
    : 'other';
}

/** A script that fails hands on the reply of its command, with words around it. */
function wordsOf(message: string): readonly string[] {
  return message.match(/\b[A-Z]{3,}\b/g) ?? [];
}

/** Whether another server than the one that replied this takes writes, as far as that one knows. */
export function isElsewhere({ name, message }: Error): boolean {
  return (
    name === 'ReplyError' && wordsOf(message.slice(0, READ)).some((word) => ELSEWHERE.has(word))
  );
}

/** Whether waiting may help, without a change of a setting or a permission. */
export function isPassing(fault: RedisFault): boolean {
  return fault === 'connection' || fault === 'timeout' || fault === 'loading';
}

/** What a process does with Redis again and again. */
export class RedisWork extends RetriedWork<RedisFault> {
  constructor({ onFailure }: Pick<RetriedWorkOptions<RedisFault>, 'onFailure'>) {
    super({ onFailure, faultOf: redisFault, sleep: (ms) => sleep(ms), now: Date.now });
  }
}
