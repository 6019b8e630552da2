import { haltWords } from '#core/delivery/halt.ts';
import type { PixelNames } from '#core/pixel-names.ts';
import { isoTime, plural } from '#core/text/format.ts';
import { shownFacts } from '#store/dead-letters/masking.ts';
import type { TracedEvent } from '#store/receipts/trace.ts';
import { printable } from '../output/text.ts';

type Step = TracedEvent['steps'][number];

/** What became of a message for one pixel, for people. */
export function renderTraced(event: TracedEvent, names: PixelNames): string {
  return `${headOf(event, names)}\n${linesOf(event)}`;
}

function headOf({ pixelId, kafka }: TracedEvent, names: PixelNames): string {
  const place =
    kafka === null ? '' : `, ${kafka.topic} partition ${kafka.partition} offset ${kafka.offset}`;
  return printable(`${pixelId === null ? 'no pixel' : `pixel ${names.label(pixelId)}`}${place}`);
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
function stateOf({ state, deadLetter, halt }: TracedEvent): string[] {
  if (state === 'queued') {
    return [`now: in the queue${halt === undefined ? '' : `; its lane is ${haltWords(halt)}`}`];
  }
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

/** The same for programs. */
export function jsonOfTraced({ steps, deadLetter, ...event }: TracedEvent) {
  return {
    ...event,
    steps: steps.map(({ at, request, ...step }) => ({
      at: timeOf(at),
      ...step,
      ...(request === undefined ? {} : { request: { ...request, at: timeOf(request.at) } }),
    })),
    deadLetter: deadLetter === null ? null : shownFacts(deadLetter),
  };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}
