import { open } from 'node:fs/promises';
import { ExpectedError } from '#config/errors.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { parseFilter } from '#core/dead-letter/filter.ts';
import { ownerName } from '../locks.ts';
import type { AuditAction, AuditEntry } from '../status/audit.ts';
import type { SealedStore } from '../store.ts';
import { type Commit, sumByLedger, withLock } from './change.ts';
import { writeLine } from './line.ts';
import type { UnreadLetter } from './pages/outline.ts';
import type { UnreadablePage } from './pages/reader.ts';
import { type OpenedLetter, openLetters, readStoreId } from './read.ts';
import { selectPlaced } from './select.ts';

/** What is to be thrown away, and on whose account. */
interface Purge {
  /** Which, as a filter. */
  readonly where: string;
  /** Pages behind this one stay: they were not in what the person agreed to. */
  readonly last: number;
  /** What times such as `2h` count from, in Unix ms. */
  readonly now: number;
  readonly planned: number;
  readonly by: string;
  readonly reason: string | null;
  /** The file that they are written to first. */
  readonly backup: string | null;
}

/** How many were thrown away; how many stayed because their backup could not be written. */
interface Purged {
  readonly purged: number;
  readonly unreadable: number;
}

/**
 * Throws dead letters away; the ledger keeps them as purged. Each is in the backup before it goes,
 * so that one that is killed has thrown away nothing that is not there. That it began is in the audit
 * trail before anything is gone.
 *
 * @throws LockError while another process replays or purges
 * @throws ExpectedError when the backup exists already or cannot be written
 */
export async function purge(asked: Purge, store: SealedStore): Promise<Purged> {
  const backup = asked.backup === null ? null : await openBackup(asked.backup);
  try {
    return await withLock(store, ownerName('purge'), (commit) =>
      purgeAll(asked, backup, store, commit),
    );
  } finally {
    await backup?.close();
  }
}

async function purgeAll(
  asked: Purge,
  backup: Backup | null,
  store: SealedStore,
  commit: Commit,
): Promise<Purged> {
  const done = { purged: 0, unreadable: 0 };
  const storeId = await readStoreId(store);
  const writer = (letter: OpenedLetter): string | null => writeLine(letter, storeId, store.sealer);
  const { planned, where, last, now } = asked;
  await commit({ audit: entryOf(asked, 'purge_started', { planned }) }, '0 were purged');
  const parsed = parseFilter(where);
  if (!parsed.ok) throw new Error(parsed.problem);
  const unread: UnreadLetter[] = [];
  const onUnreadable = (page: UnreadablePage): unknown => unread.push(...page.letters);
  const options = { order: 'oldest', last, now, onUnreadable } as const;
  for await (const placed of selectPlaced(store, parsed.filter, options)) {
    const read = unread.splice(0);
    const removedUnread = removesUnreadable(asked) ? read : [];
    const found = placed.map(({ facts }) => facts);
    // Without a backup nothing is opened, so that anything can go.
    const { removed, unreadable } =
      backup === null
        ? { removed: found, unreadable: 0 }
        : await backUp(backup, await openLetters(store, found), writer);
    done.unreadable += unreadable;
    if (removed.length + removedUnread.length === 0) continue;
    const gone = [...removed, ...removedUnread];
    const marks = { ids: gone.map(({ id }) => id), holds: true };
    const ledgers = sumByLedger(gone.map((letter) => [letter, { dead: -1, purged: 1 }]));
    const change = { removed, removedUnread, ledgers, purged: marks };
    await commit(change, `${done.purged} were purged`);
    done.purged += gone.length;
  }
  const audit = entryOf(asked, 'purge_finished', done);
  await commit({ audit }, `${done.purged} were purged`);
  return done;
}

/** Writes letters to the backup: those that may be removed now, and how many do not open. */
async function backUp(
  backup: Backup,
  letters: readonly OpenedLetter[],
  write: (letter: OpenedLetter) => string | null,
): Promise<{ removed: DeadLetterFacts[]; unreadable: number }> {
  const lines = letters.map(write);
  await backup.write(lines.filter((line) => line !== null));
  const removed = letters.filter((_, at) => lines[at] !== null).map(({ facts }) => facts);
  return { removed, unreadable: letters.length - removed.length };
}

/**
 * Whether dead letters go too whose facts cannot be read: where everything goes and nothing is kept,
 * there is nothing to choose by and nothing to write down.
 */
export function removesUnreadable({ where, backup }: Pick<Purge, 'where' | 'backup'>): boolean {
  return where.trim() === '' && backup === null;
}

function entryOf(
  { by, reason, where, backup }: Purge,
  action: AuditAction,
  details: object,
): AuditEntry {
  const all = { ...details, backup };
  return { at: Date.now(), by, action, reason, where, replay: null, details: all };
}

/** A file that dead letters are written to before they are thrown away. */
type Backup = Awaited<ReturnType<typeof openBackup>>;

/** Readable by its owner alone, although what could be personal in it is sealed. */
const MODE = 0o600;

export function backupName(now: number): string {
  return `capi-relay-purged-${new Date(now).toISOString().replace(/[:.]/g, '-')}.ndjson`;
}

async function openBackup(file: string) {
  const handle = await open(file, 'wx', MODE).catch(({ code }: NodeJS.ErrnoException) => {
    const why = code === 'EEXIST' ? 'it exists already' : String(code);
    throw new ExpectedError(`${file} cannot be written (${why}): nothing was purged`);
  });
  return {
    /** Resolves when the disk has them. */
    async write(lines: readonly string[]): Promise<void> {
      await handle.appendFile(lines.join(''));
      await handle.datasync();
    },
    close: () => handle.close(),
  };
}
