import { hostname, userInfo } from 'node:os';
import { ExpectedError } from '#config/errors.ts';
import type { Store } from '../store.ts';

export const AUDIT_ACTIONS = [
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
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What somebody did to dead letters. */
export interface AuditEntry {
  /** Unix ms. */
  readonly at: number;
  /** Who, as `user@host` or as they say themselves. */
  readonly by: string;
  readonly action: AuditAction;
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

/** Which dead letters are opened, on whose account, and whether somebody gets to see what is in them. */
export interface Opening {
  /** `revealed`: shown in the clear; `opened`: changed without being shown. */
  readonly action: 'revealed' | 'opened';
  /** As a filter. */
  readonly where: string;
  readonly by: string;
  readonly reason: string | null;
  /** What for, such as `edit`. */
  readonly command: string;
}

/**
 * Writes into the audit trail that dead letters are about to be opened. Wait for it before any is: what
 * cannot be recorded is not opened.
 *
 * @throws ExpectedError when the audit trail does not take it
 */
export async function recordOpening(store: Store, { command, ...opening }: Opening): Promise<void> {
  const entry: AuditEntry = { at: Date.now(), ...opening, replay: null, details: { command } };
  await writeAudit(store, entry).catch((error: Error) => {
    const words = `the audit trail cannot be written (${error.message.slice(0, 200)})`;
    throw new ExpectedError(`${words}: nothing was opened`);
  });
}

/** Who works on dead letters, as far as the machine knows: `user@host`. */
export function currentActor(): string {
  return `${userName()}@${hostname()}`;
}

/** A container's user need not have a name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
