import type { Configuration } from '#config/configuration.ts';
import { UsageError } from '#config/errors.ts';
import { formatCount, isoTime, plural } from '#core/text/format.ts';
import { shownFacts } from '#store/dead-letters/masking.ts';
import { type MessageTrace, type TracedEvent, traceMessage } from '#store/receipts/trace.ts';
import type { ActionContext } from '../action.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { print, printJson } from '../output/print.ts';
import { printable } from '../output/text.ts';

/** Prints what became of a message; resolves to the exit code. */
export async function traceOne(context: ActionContext): Promise<number> {
  const { configuration, store, flags, args } = context;
  const [messageId = ''] = args;
  if (messageId.trim() === '') throw new UsageError('the messageId is empty');
  const pixel = flags['pixel'] === undefined ? null : String(flags['pixel']);
  const found = await traceMessage({ configuration, store }, messageId, pixel);
  if (flags['json']) await printJson(jsonOf(found));
  else await print(found.events.length > 0 ? renderTrace(found) : notFound(found, configuration));
  return found.events.length > 0 ? EXIT_CODES.done : EXIT_CODES.nothingMatched;
}

type Step = TracedEvent['steps'][number];

/** What became of a message, for people. */
function renderTrace({ events, more }: MessageTrace): string {
  const texts = events.map((event) => `${headOf(event)}\n${linesOf(event)}`);
  if (more > 0) texts.push(`${moreText(more)}\n`);
  return texts.join('\n');
}

function moreText(more: number): string {
  return `and at least ${formatCount(more)} older ones with this messageId, which are not shown; --pixel narrows it down`;
}

function headOf({ pixelId, kafka }: TracedEvent): string {
  const place =
    kafka === null ? '' : `, ${kafka.topic} partition ${kafka.partition} offset ${kafka.offset}`;
  return printable(`${pixelId === null ? 'no pixel' : `pixel ${pixelId}`}${place}`);
}

function linesOf(event: TracedEvent): string {
  const lines = event.steps.map((step) => `${isoTime(step.at)}  ${wordsOf(step)}`);
  return [...lines, ...stateOf(event)].map((line) => `  ${printable(line)}\n`).join('');
}

function wordsOf({ outcome, reason, replay, request }: Step): string {
  const by = replay === undefined ? '' : ` by replay ${replay}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  switch (outcome) {
    case 'queued':
      return `queued${by}`;
    case 'filtered':
      return `filtered${why}`;
    case 'dead':
      return `dead letter${why}`;
    case 'delivered': {
      const { events = 0, traceId = null } = request ?? {};
      const trace = traceId === null ? '' : `, Meta's trace ID ${traceId}`;
      return `delivered${by}, in a request of ${plural(events, 'event')}${trace}`;
    }
  }
}

/** What the steps do not say. */
function stateOf({ state, deadLetter }: TracedEvent): string[] {
  if (state === 'queued') return ['now: in the queue'];
  if (state === 'unknown') {
    return ['now: no longer in the queue, and no receipt says how it left'];
  }
  if (state !== 'dead') return [];
  if (deadLetter === null) return ['now: its dead letter is gone, as after a purge'];
  const sent = deadLetter.unknown ? '; Meta may have accepted it' : '';
  return [
    `now: ${deadLetter.message}${sent}`,
    `see: capi-relay dead-letters show ${deadLetter.id}`,
  ];
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

function jsonOf({ events, more, receiptsSince }: MessageTrace) {
  return {
    more,
    receiptsSince: timeOf(receiptsSince),
    events: events.map(({ steps, deadLetter, ...event }: TracedEvent) => ({
      ...event,
      steps: steps.map(({ at, request, ...step }) => ({
        at: timeOf(at),
        ...step,
        ...(request === undefined ? {} : { request: { ...request, at: timeOf(request.at) } }),
      })),
      deadLetter: deadLetter === null ? null : shownFacts(deadLetter),
    })),
  };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}
