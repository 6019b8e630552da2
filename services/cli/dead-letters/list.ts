import { UsageError } from '#config/errors.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { formatDuration, formatTimeLeft } from '#core/text/format.ts';
import { wholeNumber } from '#process/option-values.ts';
import { type LetterPlace, readCursor } from '#store/dead-letters/pages/reader.ts';
import { selectPage } from '#store/dead-letters/select.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { print, printJson } from '../output/print.ts';
import { table } from '../output/table.ts';
import { cut } from '../output/text.ts';
import { createSubcommand, type Subcommand } from '../subcommand.ts';
import { addSelection, UnreadablePages } from './selection.ts';

const EXAMPLE = `capi-relay dead-letters list --limit 20 --config capi-relay.yaml
capi-relay dead-letters list --where 'reason:missing_value since:12h'
capi-relay dead-letters list --where 'code:100' --json | jq -r '.deadLetters[].id'`;

const SUMMARY = 'Lists dead letters, the newest first.';
const HEAD = ['ID', 'REASON', 'EVENT', 'DIED', 'EXPIRES IN', 'MESSAGE'];
const MESSAGE_WIDTH = 60;

function renderList(letters: readonly DeadLetterFacts[], now: number): string {
  if (letters.length === 0) return 'No dead letters.\n';
  const rows = letters.map(({ id, reason, eventName, diedAt, horizon, refusal, message }) => [
    id,
    reason,
    eventName ?? '–',
    `${formatDuration(now - diedAt)} ago`,
    formatTimeLeft(horizon, now),
    cut(refusal?.message ?? message, MESSAGE_WIDTH),
  ]);
  return table([HEAD, ...rows], HEAD.indexOf('MESSAGE'));
}

function parseCursor(text: string): LetterPlace {
  const place = readCursor(text);
  if (place === null)
    throw new UsageError('--cursor takes the value that the last page ended with');
  return place;
}

export const list: Subcommand = {
  command: addSelection(createSubcommand('dead-letters list', SUMMARY, EXAMPLE))
    .option('--limit <number>', 'most dead letters to list', wholeNumber('--limit'), 50)
    .option('--cursor <text>', 'continue after a page, which ends with this value', parseCursor)
    .option('--json', 'print JSON: {"deadLetters": […], "next": cursor or null}'),
  run: async ({ store, filter, flags }) => {
    const limit = flags['limit'] as number;
    const after = flags['cursor'] as LetterPlace | undefined;
    const unreadable = new UnreadablePages();
    const options = { limit, after, onUnreadable: unreadable.add };
    const { letters, next } = await selectPage(store, filter, options);
    if (flags['json']) await printJson({ deadLetters: letters, next });
    else {
      await print(renderList(letters, Date.now()));
      if (next !== null) process.stderr.write(`\nThere are more: --cursor ${next}\n`);
    }
    await unreadable.report();
    return EXIT_CODES.done;
  },
};
