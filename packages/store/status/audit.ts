import { hostname, userInfo } from 'node:os';
import { z } from 'zod';
import { ExpectedError } from '#config/errors.ts';
import type { Store } from '../store.ts';
import { parseStored, UnreadableValue } from '../stored-value.ts';

const AUDIT_ACTIONS = [
  'replay_started',
  'replay_paused',
  'replay_resumed',
  'replay_stopped',
  'replay_cancelled',
  'replay_finished',
  'purge_started',
  'purge_finished',
  'imported',
  'edit_started',
  'edited',
  'edit_finished',
  'revealed',
  'opened',
  'lane_paused',
  'lane_resumed',
  'lane_probed',
  'cause_acknowledged',
  'cause_reopened',
  /** An entry that cannot be read. */
  'unreadable',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

const ENTRY = z.object({
  /** Unix ms. */
  at: z.number(),
  /** The person, as `user@host` or as they name themselves. */
  by: z.string(),
  action: z.enum(AUDIT_ACTIONS),
  /** Why, in their words. */
  reason: z.string().nullable(),
  /** Which dead letters, as a filter; null where it is not by filter. */
  where: z.string().nullable(),
  /** The replay, where it is about one. */
  replay: z.string().nullable(),
  /** What came of it: counts, files, ids. Nothing in it is personal. */
  details: z.record(z.string(), z.unknown()),
});

/** An action of a person on dead letters, or on the lane of a pixel. */
export type AuditEntry = Readonly<z.infer<typeof ENTRY>>;

/** What is older falls off; it is far more than people do in a year. */
const MOST_ENTRIES = 10_000;

/** The arguments of XADD for an entry, without its key. */
export function auditArguments(
  entry: AuditEntry,
): [string, string, string, string, string, string] {
  return ['MAXLEN', '~', String(MOST_ENTRIES), '*', 'entry', JSON.stringify(entry)];
}

/** The newest first. */
export async function readAudit(store: Store, limit: number): Promise<AuditEntry[]> {
  const found = await store.redis.xrevrange(store.keys.audit, '+', '-', 'COUNT', limit);
  return found.map(([id, fields]) => parseEntry(id, fields[1] ?? ''));
}

/** One that cannot be read is shown as such, at the time at which Redis took it. */
function parseEntry(id: string, text: string): AuditEntry {
  try {
    return parseStored(text, 'an entry of the audit trail', ENTRY);
  } catch (error) {
    if (!(error instanceof UnreadableValue)) throw error;
    const nothing = { reason: null, where: null, replay: null };
    const [at, details] = [Number.parseInt(id, 10), { why: error.message }];
    return { at, by: 'unknown', action: 'unreadable', ...nothing, details };
  }
}

/** An opening of dead letters: which ones, by which person, and whether their content is shown. */
interface Opening {
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
export async function recordOpening(
  { redis, keys }: Store,
  { command, ...opening }: Opening,
): Promise<void> {
  const entry: AuditEntry = { at: Date.now(), ...opening, replay: null, details: { command } };
  await redis.xadd(keys.audit, ...auditArguments(entry)).catch((error: Error) => {
    const words = `the audit trail cannot be written (${error.message.slice(0, 200)})`;
    throw new ExpectedError(`${words}: nothing was opened`);
  });
}

/** The person who works on dead letters, as far as the machine knows: `user@host`. */
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
