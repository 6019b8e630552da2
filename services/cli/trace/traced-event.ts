import type { PixelNames } from '#core/pixel-names.ts';
import { isoTime } from '#core/text/format.ts';
import { shownFacts } from '#store/dead-letters/masking.ts';
import type { TracedEvent } from '#store/receipts/trace.ts';
import { stateWords, stepWords } from '#store/receipts/words.ts';
import { printable } from '../output/text.ts';

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
  const lines = event.steps.map((step) => `${isoTime(step.at)}  ${stepWords(step)}`);
  return [...lines, ...stateOf(event)].map((line) => `  ${printable(line)}\n`).join('');
}

function stateOf(event: TracedEvent): string[] {
  const words = stateWords(event);
  const { state, deadLetter } = event;
  const see = state === 'dead' && deadLetter !== null;
  return [
    ...(words === null ? [] : [`now: ${words}`]),
    ...(see ? [`see: capi-relay dead-letters show ${deadLetter.id}`] : []),
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
