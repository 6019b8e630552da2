import type { DeadLetterFilter } from '#core/dead-letter-filter.ts';
import { backupName, openBackup } from '#dead-letters/backup.ts';
import { number } from '#dead-letters/figures.ts';
import { Groups } from '#dead-letters/groups.ts';
import { purge } from '#dead-letters/purging.ts';
import { select } from '#dead-letters/select.ts';
import type { Redis } from '#queue/connection.ts';
import { UsageError } from '#runtime/command.ts';
import { ENDINGS, ENDINGS_HELP, Ending } from '../endings.ts';
import { ask } from './confirm.ts';
import { print, printJson } from './print.ts';
import { addSelection, demandScope, FILTER_HELP, readFilter } from './selection.ts';
import { withRedis } from './store.ts';
import { createSubcommand, type Subcommand } from './subcommand.ts';
import { renderGroups } from './summary.ts';

const EXAMPLE = `capi-relay dead-letters purge --where expires:past --config capi-relay.yaml
capi-relay dead-letters purge --where 'reason:invalid_event' --backup invalid.ndjson --yes
capi-relay dead-letters purge --all --no-backup --yes`;

const SUMMARY = 'Throws some of them away for good, after writing them to a file.';
const SCOPE = "capi-relay dead-letters purge --where 'expires:past'";

interface Plan {
  readonly ids: readonly string[];
  readonly groups: Groups;
}

async function planOf(redis: Redis, prefix: string, filter: DeadLetterFilter): Promise<Plan> {
  const ids = new Set<string>();
  const groups = new Groups(Date.now());
  for await (const page of select(redis, prefix, filter, { order: 'oldest' })) {
    for (const facts of page) {
      if (!ids.has(facts.id)) groups.add(facts);
      ids.add(facts.id);
    }
  }
  return { ids: [...ids], groups };
}

/** What is thrown away cannot be had back: its number is typed to agree. */
async function confirm(count: number): Promise<void> {
  const answer = await ask(`\nThrow away ${number(count)} dead letters? Type ${count}: `);
  if (answer.replaceAll(',', '') === String(count)) return;
  throw new Ending(ENDINGS.refused, 'nothing was purged');
}

export const purging: Subcommand = {
  command: addSelection(createSubcommand('purge', SUMMARY, EXAMPLE))
    .option('--all', 'everything')
    .option('--backup <file>', 'where to write them first (default: a new file, here)')
    .option('--no-backup', 'write them nowhere')
    .option('-y, --yes', 'without asking')
    .option('--json', 'print the result as JSON: {"purged": 5, "backup": "…"}')
    .addHelpText('after', FILTER_HELP + ENDINGS_HELP),
  run: async (configuration, flags, args) => {
    if (args.length > 0) throw new UsageError('purge takes no argument: filters go to --where');
    demandScope(flags, SCOPE);
    const filter = readFilter(flags);
    const file = typeof flags['backup'] === 'string' ? flags['backup'] : backupName(Date.now());
    return withRedis(configuration, async (redis) => {
      const { ids, groups } = await planOf(redis, configuration.redis.prefix, filter);
      if (ids.length === 0) throw new Ending(ENDINGS.nothingMatched, 'no dead letter matches');
      await print(renderGroups(groups.all(), Date.now()), process.stderr);
      if (!flags['yes']) await confirm(ids.length);
      const backup = flags['backup'] === false ? null : await openBackup(file);
      const purged = await purge(ids, redis, configuration, backup);
      await backup?.close();
      const result = { purged, backup: backup === null ? null : file };
      const words = `${number(purged)} dead letters purged.`;
      const where = backup === null ? '' : ` They are in ${file}, still sealed.`;
      await (flags['json'] ? printJson(result) : print(`${words}${where}\n`));
      return ENDINGS.done;
    });
  },
};
