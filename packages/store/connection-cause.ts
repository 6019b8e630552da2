import { type TlsKeys, tlsFault } from '#core/text/tls-fault.ts';
import { NotLocated } from './topology/not-located.ts';

/** What Redis replies to a wrong password, and to none where it wants one. Source: redis.io, AUTH. */
const LOGIN_REFUSALS = {
  WRONGPASS: 'wrong password or user (WRONGPASS)',
  NOAUTH: 'wrong password, as none is given (NOAUTH)',
} as const;

/** Why Redis lets no one in, in words that hold no password; null for any other error. */
export function loginRefusal(error: unknown): string | null {
  const word = error instanceof Error ? /^(?:WRONGPASS|NOAUTH)\b/.exec(error.message)?.[0] : null;
  return word === 'WRONGPASS' || word === 'NOAUTH' ? LOGIN_REFUSALS[word] : null;
}

/** The keys that the fix of a failed TLS connection names, where a URL says which Redis. */
export const REDIS_TLS: TlsKeys = {
  ca: 'redis.tls.caFile',
  cert: 'redis.tls.certFile',
  serverName: 'redis.tls.serverName',
  without: 'write redis:// in redis.url',
};

/** The same where Sentinels or a cluster say it. */
export const LOCATED_TLS: TlsKeys = { ...REDIS_TLS, without: 'remove redis.tls' };

/** The same of the Sentinels. */
export const SENTINEL_TLS: TlsKeys = {
  ca: 'redis.sentinels.tls.caFile',
  cert: 'redis.sentinels.tls.certFile',
  serverName: 'redis.sentinels.tls.serverName',
  without: 'remove redis.sentinels.tls',
};

/** Why a connection failed. */
export interface ConnectionCause {
  /** Words, or a code such as ECONNREFUSED. */
  readonly cause: string;
  /** Whether the login was refused. */
  readonly isRefusal: boolean;
}

/** How a connection ended, as ioredis says it. */
const WORDS: readonly (readonly [said: RegExp, words: string])[] = [
  [/^Socket timeout\./, 'no answer in time'],
  [/^Command timed out$/, 'no answer in time'],
  [/^Connection is closed\./, 'closes the connection'],
];

/** Never holds a password, nor a URL, which may have one. */
export function connectionCause(error: Error, keys: TlsKeys): ConnectionCause {
  if (error instanceof NotLocated) return { cause: error.message, isRefusal: error.isRefusal };
  const [, words] = WORDS.find(([said]) => said.test(error.message)) ?? [];
  if (words !== undefined) return { cause: words, isRefusal: false };
  const { code } = error as Error & { readonly code?: string };
  const refusal = loginRefusal(error);
  const fault = tlsFault(code, keys);
  const cause = refusal ?? (fault && `${fault.problem}: ${fault.fix}`) ?? code ?? error.name;
  return { cause, isRefusal: refusal !== null };
}
