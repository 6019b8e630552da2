import { UsageError } from '#process/command.ts';
import { writeLine } from '#store/dead-letters/line.ts';
import { contentOf, shownFacts } from '#store/dead-letters/masking.ts';
import { type OpenedLetter, openLetters, readStoreId } from '#store/dead-letters/read.ts';
import { select } from '#store/dead-letters/select.ts';
import { sealerOf } from '#store/sealing.ts';
import { recordOpening } from '#store/status/audit.ts';
import { EXIT_CODES, EXIT_CODES_HELP, ExitError } from '../exit-codes.ts';
import { print, printJson } from './print.ts';
import {
  accountOf,
  addAccount,
  addSelection,
  FILTER_HELP,
  filterText,
  readFilter,
} from './selection.ts';
import { withStore } from './store.ts';
import { createSubcommand, type Flags, type Subcommand } from './subcommand.ts';
import { UnreadablePages } from './unreadable.ts';

const EXAMPLE = `capi-relay dead-letters export --config capi-relay.yaml > dead.ndjson
capi-relay dead-letters export --sealed --where 'pixel:1234567890' > for-import.ndjson
capi-relay dead-letters export --where 'reason:missing_value' --reveal \\
  | jq -c .content | capi-relay preview --config capi-relay.yaml`;

const SUMMARY = 'All of them as JSON lines, the oldest first.';

/** How the content of an exported dead letter is written; null leaves it out. */
function contentMode({ reveal, sealed }: Flags): 'revealed' | 'sealed' | null {
  if (reveal && sealed) throw new UsageError('--sealed hides what --reveal shows: choose one');
  if (reveal) return 'revealed';
  return sealed ? 'sealed' : null;
}

/** The others are for people too; this one is for programs alone. */
export const exporting: Subcommand = {
  command: addAccount(addSelection(createSubcommand('export', SUMMARY, EXAMPLE)))
    .option('--reveal', 'with the event as “content”, and its personal data')
    .option('--sealed', 'with the event sealed, so that import can take it in')
    .addHelpText('after', FILTER_HELP + EXIT_CODES_HELP),
  run: async (configuration, flags, args) => {
    if (args.length > 0) throw new UsageError('export takes no argument: filters go to --where');
    const [filter, mode, where] = [readFilter(flags), contentMode(flags), filterText(flags)];
    const sealer = sealerOf(configuration.sealing);
    let [lines, unreadable] = [0, 0];
    const pages = new UnreadablePages();
    await withStore(configuration, async (store) => {
      if (mode === 'revealed') {
        const opening = { action: 'revealed', where, command: 'export' } as const;
        await recordOpening(store, { ...opening, ...accountOf(flags) });
      }
      const storeId = await readStoreId(store);
      const write = async (letter: OpenedLetter): Promise<void> => {
        if (mode === 'revealed')
          return printJson({ ...shownFacts(letter.facts), ...contentOf(letter, true) });
        const line = writeLine(letter, storeId, sealer);
        if (line === null) unreadable += 1;
        else await print(line);
      };
      const options = { order: 'oldest', onUnreadable: pages.note } as const;
      for await (const page of select(store, sealer, filter, options)) {
        lines += page.length;
        if (mode === null) for (const facts of page) await printJson(shownFacts(facts));
        else for (const each of await openLetters(store, page, sealer)) await write(each);
      }
    });
    await pages.tell();
    if (lines === 0) throw new ExitError(EXIT_CODES.nothingMatched, 'no dead letter matches');
    if (unreadable + pages.count === 0) return EXIT_CODES.done;
    const words = `${unreadable} were left out: they do not open under the keys of sealing.keys, are damaged or too large; show <id> says why`;
    throw new ExitError(EXIT_CODES.incomplete, words);
  },
};
