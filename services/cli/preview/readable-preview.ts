import { createDestinations } from './destinations.ts';
import { readInput } from './input.ts';
import { maxBytesOf, outcomeOf, type PreviewContext } from './json-preview.ts';
import type { Preview } from './lines.ts';
import { type Origins, renderDelivery, renderRefusal } from './rendering.ts';

/** Answers a line with a text for people: what came from where, and what is missing. */
export function createReadablePreview(
  { configuration, now, clock }: PreviewContext,
  reveal: boolean,
): Preview {
  const origins: Map<string, string> = new Map();
  const destinationsOf = createDestinations(configuration, (field, origin) => {
    origins.set(field, origin);
  });
  const maxBytes = maxBytesOf(configuration);
  let number = 0;

  return (line) => {
    number += 1;
    const input = readInput(line, maxBytes);
    if ('reason' in input) return renderRefusal(number, null, outcomeOf(input), input);
    const destinations = destinationsOf(input);
    if ('reason' in destinations) {
      return renderRefusal(number, null, outcomeOf(destinations), destinations);
    }
    const time = input.now ?? now ?? clock();
    return destinations
      .map(({ settings: { pixelId }, map }) => {
        origins.clear();
        const verdict = map(input.event, time);
        if (verdict.outcome !== 'deliver') {
          return renderRefusal(number, pixelId, verdict.outcome, verdict);
        }
        const found: Origins = new Map(origins);
        return renderDelivery({
          number,
          pixelId,
          input: input.event,
          verdict,
          origins: found,
          reveal,
        });
      })
      .join('');
  };
}
