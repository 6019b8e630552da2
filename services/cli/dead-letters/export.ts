import { writeLine } from '#store/dead-letters/line.ts';
import { contentOf, shownFacts } from '#store/dead-letters/masking.ts';
import { type OpenedLetter, openLetters, readStoreId } from '#store/dead-letters/read.ts';
import { select } from '#store/dead-letters/select.ts';
import { recordOpening } from '#store/status/audit.ts';
import type { ActionContext } from '../action.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { print, printJson } from '../output/print.ts';
import { UnreadablePages } from './selection.ts';

/** Writes dead letters as JSON lines. */
export async function exportLetters({
  store,
  filter,
  where,
  account,
  flags,
}: ActionContext): Promise<number> {
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
}
