import type { Configuration } from '#config/configuration.ts';
import { UsageError } from '#config/errors.ts';
import type { PixelNames } from '#core/pixel-names.ts';
import { formatCount, isoTime } from '#core/text/format.ts';
import { type MessageTrace, traceMessage } from '#store/receipts/trace.ts';
import type { ActionContext } from '../action.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { print, printJson } from '../output/print.ts';
import { jsonOfTraced, renderTraced } from './traced-event.ts';

/** Prints what became of a message; resolves to the exit code. */
export async function traceOne(context: ActionContext): Promise<number> {
  const { configuration, names, store, flags, args } = context;
  const [messageId = ''] = args;
  if (messageId.trim() === '') throw new UsageError('the messageId is empty');
  const asked = flags['pixel'] === undefined ? null : String(flags['pixel']);
  // A pixel that is not configured any more has a past all the same.
  const pixel = asked === null ? null : (names.idOf(asked) ?? asked);
  const found = await traceMessage({ configuration, store }, messageId, pixel);
  if (flags['json']) await printJson(jsonOf(found, names));
  else
    await print(
      found.events.length > 0 ? renderTrace(found, names) : notFound(found, configuration),
    );
  return found.events.length > 0 ? EXIT_CODES.done : EXIT_CODES.nothingMatched;
}

/** What became of a message, for people. */
function renderTrace({ events, more }: MessageTrace, names: PixelNames): string {
  const texts = events.map((event) => renderTraced(event, names));
  if (more > 0) texts.push(`${moreText(more)}\n`);
  return texts.join('\n');
}

function moreText(more: number): string {
  return `and at least ${formatCount(more)} older ones with this messageId, which are not shown; --pixel narrows it down`;
}

function notFound({ receiptsSince }: MessageTrace, { receipts }: Configuration): string {
  if (receiptsSince !== null) {
    return `unknown: no message with this messageId was read since ${isoTime(receiptsSince)}, and none is a dead letter.\n`;
  }
  const fix = receipts.enabled
    ? 'Receipts are enabled, and none have been written yet.'
    : 'Receipts are off: set receipts.enabled to know of the others.';
  return `unknown: no dead letter has this messageId. ${fix}\n`;
}

function jsonOf({ events, more, receiptsSince }: MessageTrace, names: PixelNames) {
  return {
    more,
    receiptsSince: receiptsSince === null ? null : isoTime(receiptsSince),
    events: events.map((event) => names.beside(jsonOfTraced(event))),
  };
}
