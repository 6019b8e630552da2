import { formatCount, plural } from '#core/text/format.ts';
import { groupLetters } from '#store/dead-letters/groups.ts';
import { readLastPage } from '#store/dead-letters/pages/reader.ts';
import { backupName, purge, removesUnreadable } from '#store/dead-letters/purge.ts';
import { select } from '#store/dead-letters/select.ts';
import type { ActionContext } from '../action.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { ask, print, printResult } from '../output/print.ts';
import { UnreadablePages } from './selection.ts';
import { renderGroups } from './summary.ts';

/** What a purge is going to delete. */
async function selectAll({ store, filter }: ActionContext, unreadToo: boolean) {
  const [last, now] = [await readLastPage(store), Date.now()];
  const unreadable = new UnreadablePages();
  const options = { order: 'oldest', last, now, onUnreadable: unreadable.add } as const;
  const groups = await groupLetters(select(store, filter, options), now);
  if (!unreadToo) await unreadable.report();
  // Those that cannot be read are deleted all the same.
  const unread = unreadToo ? unreadable.letters : 0;
  const readable = groups.reduce((sum, { events }) => sum + events, 0);
  return { last, now, groups, unread, planned: readable + unread };
}

/** A purge cannot be undone: the user types the number to agree. */
async function confirmCount(count: number): Promise<void> {
  const answer = await ask(`\nDelete ${plural(count, 'dead letter')}? Type ${count}: `);
  if (answer.replaceAll(',', '') === String(count)) return;
  throw new ExitError(EXIT_CODES.refused, 'nothing was purged');
}

/** Deletes dead letters for good; resolves to the exit code. */
export async function purgeLetters(context: ActionContext): Promise<number> {
  const { store, names, where, account, flags } = context;
  const unreadToo = flags['backup'] === false && removesUnreadable({ where, backup: null });
  const { groups, unread, ...plan } = await selectAll(context, unreadToo);
  if (plan.planned === 0) {
    throw new ExitError(EXIT_CODES.nothingMatched, 'no dead letter matches');
  }
  await print(renderGroups(groups, Date.now(), names), process.stderr);
  if (unread > 0) await print(`${formatCount(unread)} of them cannot be read.\n`, process.stderr);
  if (flags['dryRun']) {
    const message = `${plural(plan.planned, 'dead letter')} would be purged.\n`;
    return printResult(flags, { dryRun: true, matched: plan.planned }, message);
  }
  if (!flags['yes']) await confirmCount(plan.planned);
  const file = typeof flags['backup'] === 'string' ? flags['backup'] : backupName(Date.now());
  const backup = flags['backup'] === false ? null : file;
  const done = await purge({ ...plan, ...account, where, backup }, store);
  const saved = backup === null ? '' : ` The sealed backup is ${file}; import restores it.`;
  const result = { dryRun: false, ...done, backup };
  await printResult(flags, result, `${plural(done.purged, 'dead letter')} purged.${saved}\n`);
  if (done.unreadable === 0) return EXIT_CODES.done;
  const problem = `${formatCount(done.unreadable)} were not purged, because no backup of them could be written`;
  throw new ExitError(
    EXIT_CODES.incomplete,
    `${problem}: they do not open under sealing.keys, are damaged or too large (--no-backup)`,
  );
}
