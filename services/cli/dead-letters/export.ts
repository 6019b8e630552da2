import { contentOf } from '#dead-letters/content.ts';
import { select } from '#dead-letters/select.ts';
import { readSealed } from '#queue/dead-letters.ts';
import { sealerOf } from '#queue/sealer-of.ts';
import { UsageError } from '#runtime/command.ts';
import { ENDINGS, ENDINGS_HELP, Ending } from '../endings.ts';
import { printJson } from './print.ts';
import { addSelection, FILTER_HELP, readFilter } from './selection.ts';
import { withRedis } from './store.ts';
import { createSubcommand, type Subcommand } from './subcommand.ts';

const EXAMPLE = `capi-relay dead-letters export --config capi-relay.yaml > dead.ndjson
capi-relay dead-letters export --where 'pixel:1234567890 reason:invalid_event' --reveal
capi-relay dead-letters export --where 'reason:missing_value' --reveal \\
  | jq -c .content | capi-relay preview --config capi-relay.yaml`;

const SUMMARY = 'All of them as JSON lines, the oldest first.';

/** The others are for people too; this one is for programs alone. */
export const exporting: Subcommand = {
  command: addSelection(createSubcommand('export', SUMMARY, EXAMPLE))
    .option('--reveal', 'with the event as “content”, and its personal data')
    .addHelpText('after', FILTER_HELP + ENDINGS_HELP),
  run: async (configuration, flags, args) => {
    if (args.length > 0) throw new UsageError('export takes no argument: filters go to --where');
    const filter = readFilter(flags);
    const sealer = sealerOf(configuration.sealing);
    const { prefix } = configuration.redis;
    let lines = 0;
    await withRedis(configuration, async (redis) => {
      for await (const page of select(redis, prefix, filter, { order: 'oldest' })) {
        const ids = page.map(({ id }) => id);
        const letters = flags['reveal'] ? await readSealed(redis, prefix, ids) : [];
        const contents = letters.map((each) => ({
          ...each.facts,
          ...contentOf(each, sealer, true),
        }));
        for (const line of flags['reveal'] ? contents : page) await printJson(line);
        lines += page.length;
      }
    });
    if (lines === 0) throw new Ending(ENDINGS.nothingMatched, 'no dead letter matches');
    return ENDINGS.done;
  },
};
