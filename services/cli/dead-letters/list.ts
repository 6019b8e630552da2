import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { formatDuration, formatTimeLeft } from '#core/text/format.ts';
import { UsageError } from '#process/command.ts';
import { shownFacts } from '#store/dead-letters/masking.ts';
import type { Place, Placed } from '#store/dead-letters/pages/reader.ts';
import { readCursor, writeCursor } from '#store/dead-letters/pages/reader.ts';
import { selectPlaced } from '#store/dead-letters/select.ts';
import { sealerOf } from '#store/sealing.ts';
import { EXIT_CODES, EXIT_CODES_HELP } from '../exit-codes.ts';
import { print, printJson } from './print.ts';
import { addSelection, FILTER_HELP, readFilter } from './selection.ts';
import { withStore } from './store.ts';
import { createSubcommand, type Flags, type Subcommand } from './subcommand.ts';
import { cut, table } from './table.ts';
import { UnreadablePages } from './unreadable.ts';

const EXAMPLE = `capi-relay dead-letters list --limit 20 --config capi-relay.yaml
capi-relay dead-letters list --where 'reason:missing_value since:12h'
capi-relay dead-letters list --where 'code:100' --json | jq -r '.deadLetters[].id'`;

const SUMMARY = 'Which there are, the newest first.';
const HEAD = ['ID', 'REASON', 'EVENT', 'DIED', 'EXPIRES IN', 'MESSAGE'];
const DEFAULT_LIMIT = 50;
const MESSAGE_WIDTH = 60;

/** The dead letters for people. */
export function renderList(letters: readonly DeadLetterFacts[], now: number): string {
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

/** @throws UsageError when it is none of ours */
function readAfter({ cursor }: Flags): Place | undefined {
  if (cursor === undefined) return undefined;
  const place = readCursor(String(cursor));
  if (place === null) throw new UsageError('--cursor takes what the page before said');
  return place;
}

function readLimit({ limit }: Flags): number {
  const text = String(limit ?? DEFAULT_LIMIT);
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`--limit takes a whole number from 1, not “${text}”`);
}

export const list: Subcommand = {
  command: addSelection(createSubcommand('list', SUMMARY, EXAMPLE))
    .option('--limit <number>', `how many (default: ${DEFAULT_LIMIT})`)
    .option('--cursor <text>', 'go on behind a page, which said this at its end')
    .option('--json', 'print JSON: {"deadLetters": […], "next": cursor or null}')
    .addHelpText('after', FILTER_HELP + EXIT_CODES_HELP),
  run: async (configuration, flags, args) => {
    if (args.length > 0) throw new UsageError('list takes no argument: filters go to --where');
    const [filter, limit] = [readFilter(flags), readLimit(flags)];
    const after = readAfter(flags);
    const found: Placed[] = [];
    const unreadable = new UnreadablePages();
    await withStore(configuration, async (store) => {
      const sealer = sealerOf(configuration.sealing);
      const options = { order: 'newest', after, onUnreadable: unreadable.note } as const;
      for await (const page of selectPlaced(store, sealer, filter, options)) {
        found.push(...page.slice(0, limit + 1 - found.length));
        if (found.length > limit) return;
      }
    });
    const page = found.slice(0, limit);
    const shown = page.map(({ facts }) => shownFacts(facts));
    const last = found.length > limit ? page.at(-1) : undefined;
    const next = last === undefined ? null : writeCursor(last.place);
    if (flags['json']) await printJson({ deadLetters: shown, next });
    else {
      await print(renderList(shown, Date.now()));
      if (next !== null) process.stderr.write(`\nThere are more: --cursor ${next}\n`);
    }
    await unreadable.tell();
    return EXIT_CODES.done;
  },
};
