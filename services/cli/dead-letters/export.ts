import { Option } from '#process/command.ts';
import { writeLine } from '#store/dead-letters/line.ts';
import { contentOf, shownFacts } from '#store/dead-letters/masking.ts';
import { type OpenedLetter, openLetters, readStoreId } from '#store/dead-letters/read.ts';
import { select } from '#store/dead-letters/select.ts';
import { recordOpening } from '#store/status/audit.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { print, printJson } from '../output/print.ts';
import { createSubcommand, type Subcommand } from '../subcommand.ts';
import { addAccount, addSelection, UnreadablePages } from './selection.ts';

const EXAMPLE = `capi-relay dead-letters export --config capi-relay.yaml > dead.ndjson
capi-relay dead-letters export --sealed --where 'pixel:1234567890' > for-import.ndjson
capi-relay dead-letters export --where 'reason:missing_value' --reveal \\
  | jq -c .content | capi-relay preview --config capi-relay.yaml`;

const SUMMARY = 'Writes dead letters as JSON lines, the oldest first.';

export const exporting: Subcommand = {
  command: addAccount(addSelection(createSubcommand('dead-letters export', SUMMARY, EXAMPLE)))
    .option('--reveal', 'add the event as “content”, with its personal data')
    .addOption(new Option('--sealed', 'add the event sealed, for import').conflicts('reveal')),
  run: async ({ store, filter, where, account, flags }) => {
    const { reveal, sealed } = flags;
    let [lines, unreadable] = [0, 0];
    const pages = new UnreadablePages();
    const opening = { action: 'revealed', where, command: 'export', ...account } as const;
    if (reveal) await recordOpening(store, opening);
    const storeId = await readStoreId(store);
    const write = async (letter: OpenedLetter): Promise<void> => {
      if (reveal) return printJson({ ...shownFacts(letter.facts), ...contentOf(letter, true) });
      const line = writeLine(letter, storeId, store.sealer);
      if (line === null) unreadable += 1;
      else await print(line);
    };
    const options = { order: 'oldest', onUnreadable: pages.add } as const;
    for await (const page of select(store, filter, options)) {
      lines += page.length;
      if (!reveal && !sealed) for (const facts of page) await printJson(shownFacts(facts));
      else for (const each of await openLetters(store, page)) await write(each);
    }
    await pages.report();
    if (lines === 0) throw new ExitError(EXIT_CODES.nothingMatched, 'no dead letter matches');
    if (unreadable + pages.count === 0) return EXIT_CODES.done;
    const problem = `${unreadable} were left out: they do not open under sealing.keys, are damaged or too large; show <id> tells which`;
    throw new ExitError(EXIT_CODES.incomplete, problem);
  },
};
