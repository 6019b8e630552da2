import { createDestinations } from './destinations.ts';
import { readInput } from './input.ts';
import { maxBytesOf, outcomeOf, type PreviewContext } from './json-preview.ts';
import type { Preview } from './lines.ts';
import { renderDelivery, renderRefusal, type View } from './rendering.ts';
import { newTally, summaryOf } from './tally.ts';

/** A preview for people, and what it comes to in the end. */
export interface ReadablePreview {
  readonly preview: Preview;
  readonly summary: () => string;
}

/** Answers a line with a text for people: what came from where, and what is missing. */
export function createReadablePreview(
  { configuration, now, clock }: PreviewContext,
  { reveal, columns }: { readonly reveal: boolean; readonly columns: number },
): ReadablePreview {
  const origins: Map<string, string> = new Map();
  const destinationsOf = createDestinations(configuration, (field, origin) => {
    origins.set(field, origin);
  });
  const maxBytes = maxBytesOf(configuration);
  const tally = newTally();

  const preview: Preview = (line) => {
    tally.lines += 1;
    const view: View = { number: tally.lines, pixelId: null, input: null, columns };
    const input = readInput(line, maxBytes);
    const destinations = 'reason' in input ? input : destinationsOf(input);
    if ('reason' in destinations) {
      const event = 'reason' in input ? null : input.event;
      tally[outcomeOf(destinations)] += 1;
      return renderRefusal({ ...view, input: event }, outcomeOf(destinations), destinations);
    }
    if ('reason' in input) return '';
    const time = input.now ?? now ?? clock();
    return destinations
      .map(({ settings: { pixelId }, map }) => {
        origins.clear();
        const verdict = map(input.event, time);
        const shown = { ...view, pixelId, input: input.event };
        tally[verdict.outcome] += 1;
        if (verdict.outcome !== 'deliver') return renderRefusal(shown, verdict.outcome, verdict);
        tally.warnings += verdict.warnings.length;
        return renderDelivery(shown, verdict, origins, reveal);
      })
      .join('');
  };
  const hint = reveal ? '' : ' --reveal shows personal values as they are before hashing.';
  return { preview, summary: () => `${summaryOf(tally)}Nothing was sent.${hint}\n` };
}
