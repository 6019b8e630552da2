import type { Configuration } from '#config/configuration.ts';
import type { DeadLetterFilter } from '#core/dead-letter/filter.ts';
import { formatCount } from '#core/text/format.ts';
import { UsageError } from '#process/command.ts';
import { type Group, Groups } from '#store/dead-letters/groups.ts';
import { readLastPage } from '#store/dead-letters/pages/reader.ts';
import { backupName, goesUnread, openBackup, purge } from '#store/dead-letters/purge.ts';
import { select } from '#store/dead-letters/select.ts';
import { sealerOf } from '#store/sealing.ts';
import type { Store } from '#store/store.ts';
import { EXIT_CODES, EXIT_CODES_HELP, ExitError } from '../exit-codes.ts';
import { ask } from './confirm.ts';
import { print, printJson } from './print.ts';
import {
  accountOf,
  addAccount,
  addSelection,
  demandScope,
  FILTER_HELP,
  filterText,
  readFilter,
} from './selection.ts';
import { withStore } from './store.ts';
import { createSubcommand, type Flags, type Subcommand } from './subcommand.ts';
import { renderGroups } from './summary.ts';
import { UnreadablePages } from './unreadable.ts';

const EXAMPLE = `capi-relay dead-letters purge --where expires:past --config capi-relay.yaml
capi-relay dead-letters purge --where 'reason:invalid_event' --dry-run
capi-relay dead-letters purge --where 'reason:invalid_event' --backup invalid.ndjson --yes
capi-relay dead-letters purge --all --no-backup --yes`;

const SUMMARY = 'Throws some of them away for good, after writing them to a file.';
const SCOPE = "capi-relay dead-letters purge --where 'expires:past'";

interface Plan {
  readonly last: number;
  readonly now: number;
  readonly groups: readonly Group[];
  /** How many go although they cannot be read. */
  readonly unread: number;
  readonly planned: number;
}

async function planOf(
  store: Store,
  { sealing }: Configuration,
  filter: DeadLetterFilter,
  unreadToo: boolean,
): Promise<Plan> {
  const [last, now] = [await readLastPage(store), Date.now()];
  const groups = new Groups(now);
  const unreadable = new UnreadablePages();
  const options = { order: 'oldest', last, now, onUnreadable: unreadable.note } as const;
  for await (const page of select(store, sealerOf(sealing), filter, options)) {
    for (const facts of page) groups.add(facts);
  }
  if (!unreadToo) await unreadable.tell();
  const unread = unreadToo ? unreadable.letters : 0;
  const all = groups.all();
  const readable = all.reduce((sum, { events }) => sum + events, 0);
  return { last, now, groups: all, unread, planned: readable + unread };
}

/** What is thrown away cannot be had back: its number is typed to agree. */
async function confirm(count: number): Promise<void> {
  const answer = await ask(`\nThrow away ${formatCount(count)} dead letters? Type ${count}: `);
  if (answer.replaceAll(',', '') === String(count)) return;
  throw new ExitError(EXIT_CODES.refused, 'nothing was purged');
}

async function run(store: Store, configuration: Configuration, flags: Flags): Promise<number> {
  const unreadToo =
    flags['backup'] === false && goesUnread({ where: filterText(flags), backup: null });
  const filter = readFilter(flags);
  const { groups, unread, ...plan } = await planOf(store, configuration, filter, unreadToo);
  if (plan.planned === 0) throw new ExitError(EXIT_CODES.nothingMatched, 'no dead letter matches');
  await print(renderGroups(groups, Date.now()), process.stderr);
  if (unread > 0) await print(`${formatCount(unread)} of them cannot be read.\n`, process.stderr);
  if (flags['dryRun']) {
    const words = `${formatCount(plan.planned)} dead letters would be purged.\n`;
    await (flags['json'] ? printJson({ dryRun: true, matched: plan.planned }) : print(words));
    return EXIT_CODES.done;
  }
  if (!flags['yes']) await confirm(plan.planned);
  const file = typeof flags['backup'] === 'string' ? flags['backup'] : backupName(Date.now());
  const backup = flags['backup'] === false ? null : { file, to: await openBackup(file) };
  const asked = { ...plan, ...accountOf(flags), where: filterText(flags), backup };
  const done = await purge(asked, store, sealerOf(configuration.sealing));
  await backup?.to.close();
  const result = { dryRun: false, ...done, backup: backup?.file ?? null };
  const where =
    backup === null ? '' : ` They are in ${file}, still sealed; import takes them back.`;
  const words = `${formatCount(done.purged)} dead letters purged.${where}\n`;
  await (flags['json'] ? printJson(result) : print(words));
  if (done.unreadable === 0) return EXIT_CODES.done;
  const stayed = `${formatCount(done.unreadable)} stay: they do not open under the keys of sealing.keys, are damaged or too large`;
  throw new ExitError(
    EXIT_CODES.incomplete,
    `${stayed}, so that no backup could be written (--no-backup)`,
  );
}

export const purging: Subcommand = {
  command: addAccount(addSelection(createSubcommand('purge', SUMMARY, EXAMPLE)))
    .option('--all', 'everything')
    .option('--dry-run', 'say which these are, and do nothing')
    .option('--backup <file>', 'where to write them first (default: a new file, here)')
    .option('--no-backup', 'write them nowhere')
    .option('-y, --yes', 'without asking')
    .option('--json', 'print the result as JSON: {"purged": 5, "backup": "…"}')
    .addHelpText('after', FILTER_HELP + EXIT_CODES_HELP),
  run: async (configuration, flags, args) => {
    if (args.length > 0) throw new UsageError('purge takes no argument: filters go to --where');
    demandScope(flags, SCOPE);
    readFilter(flags);
    return withStore(configuration, (store) => run(store, configuration, flags));
  },
};
