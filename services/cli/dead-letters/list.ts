import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import type { PixelNames } from '#core/pixel-names.ts';
import { formatDuration, formatTimeLeft } from '#core/text/format.ts';
import type { LetterPlace } from '#store/dead-letters/pages/cursor.ts';
import { selectPage } from '#store/dead-letters/select.ts';
import type { ActionContext } from '../action.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { print, printJson } from '../output/print.ts';
import { table } from '../output/table.ts';
import { cut } from '../output/text.ts';
import { UnreadablePages } from './selection.ts';

const HEAD = ['ID', 'PIXEL', 'REASON', 'EVENT', 'DIED', 'EXPIRES IN', 'MESSAGE'];
const MESSAGE_WIDTH = 60;

function renderList(letters: readonly DeadLetterFacts[], now: number, names: PixelNames): string {
  if (letters.length === 0) return 'No dead letters.\n';
  const rows = letters.map(
    ({ id, pixelId, reason, eventName, diedAt, horizon, refusal, message }) => [
      id,
      pixelId === null ? '–' : (names.of(pixelId) ?? pixelId),
      reason,
      eventName ?? '–',
      `${formatDuration(now - diedAt)} ago`,
      formatTimeLeft(horizon, now),
      cut(refusal?.message ?? message, MESSAGE_WIDTH),
    ],
  );
  return table([HEAD, ...rows], HEAD.indexOf('MESSAGE'));
}

/** Prints a page of dead letters. */
export async function listLetters({ names, store, filter, flags }: ActionContext): Promise<number> {
  const limit = flags['limit'] as number;
  const after = flags['cursor'] as LetterPlace | undefined;
  const unreadable = new UnreadablePages();
  const options = { limit, after, onUnreadable: unreadable.add };
  const { letters, next } = await selectPage(store, filter, options);
  if (flags['json']) {
    await printJson({ deadLetters: letters.map((each) => names.beside(each)), next });
  } else {
    await print(renderList(letters, Date.now(), names));
    if (next !== null) process.stderr.write(`\nThere are more: --cursor ${next}\n`);
  }
  await unreadable.report();
  return EXIT_CODES.done;
}
