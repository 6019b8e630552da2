import type { Store } from '../store.ts';

export const ACTIONS = [
  'replay_started',
  'replay_paused',
  'replay_resumed',
  'replay_stopped',
  'replay_cancelled',
  'replay_finished',
  'purge_started',
  'purge_finished',
  'imported',
  'edited',
  'revealed',
  'opened',
] as const;
export type Action = (typeof ACTIONS)[number];

/** What somebody did to dead letters. */
export interface AuditEntry {
  /** Unix ms. */
  readonly at: number;
  /** Who, as `user@host` or as they say themselves. */
  readonly by: string;
  readonly action: Action;
  /** Why, in their words. */
  readonly reason: string | null;
  /** Which dead letters, as a filter; null where it is not by filter. */
  readonly where: string | null;
  /** The replay, where it is about one. */
  readonly replay: string | null;
  /** What came of it: counts, files, ids. Nothing in it is personal. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** What is older falls off; it is far more than people do in a year. */
const MOST_ENTRIES = 10_000;

/** The arguments of XADD for an entry, without its key. */
export function auditArguments(
  entry: AuditEntry,
): [string, string, string, string, string, string] {
  return ['MAXLEN', '~', String(MOST_ENTRIES), '*', 'entry', JSON.stringify(entry)];
}

export async function writeAudit(store: Store, entry: AuditEntry): Promise<void> {
  await store.redis.xadd(store.keys.audit, ...auditArguments(entry));
}

/** The newest first. */
export async function readAudit(store: Store, limit: number): Promise<AuditEntry[]> {
  const found = await store.redis.xrevrange(store.keys.audit, '+', '-', 'COUNT', limit);
  return found.map(([, fields]) => JSON.parse(fields[1] ?? '{}') as AuditEntry);
}
