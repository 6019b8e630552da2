import type { Configuration } from '#config/configuration.ts';
import type { MappingResult } from '#core/mapping/mapping-result.ts';
import { sentJson } from '#core/record/wire.ts';
import { createDestinations } from './destinations.ts';
import { type Refusal, readInput } from './input.ts';
import type { Preview } from './lines.ts';

/** What lines are judged by. */
export interface PreviewContext {
  readonly configuration: Configuration | null;
  /** Unix ms for lines that say nothing else; null for the clock. */
  readonly now: number | null;
  /** Unix ms. */
  readonly clock: () => number;
}

/** Of an event, where no configuration says otherwise: what ingest takes by default. */
const MAX_BYTES = 1_048_576;

export function maxBytesOf(configuration: Configuration | null): number {
  return configuration?.ingest.maxMessageBytes ?? MAX_BYTES;
}

/** Answers a line with one line of JSON for each pixel that its event goes to. */
export function createJsonPreview({ configuration, now, clock }: PreviewContext): Preview {
  const destinationsOf = createDestinations(configuration, null);
  const maxBytes = maxBytesOf(configuration);
  return (line) => {
    const input = readInput(line, maxBytes);
    if ('reason' in input) return refusalLine(input);
    const destinations = destinationsOf(input);
    if ('reason' in destinations) return refusalLine(destinations);
    const fromConfiguration = configuration !== null && input.settings === undefined;
    const time = input.now ?? now ?? clock();
    let lines = '';
    for (const { settings, map } of destinations) {
      lines += verdictLine(map(input.event, time), settings.pixelId, fromConfiguration);
    }
    return lines;
  };
}

/** Leaving an event out because nobody asked for it is no mistake. */
export function outcomeOf({ reason }: Refusal): 'filter' | 'reject' {
  return reason === 'no_pixel' ? 'filter' : 'reject';
}

function refusalLine(refusal: Refusal): string {
  return `${JSON.stringify({ outcome: outcomeOf(refusal), ...refusal })}\n`;
}

/** The event is put in as text, so that it is what the worker sends, byte for byte. */
function verdictLine(verdict: MappingResult, pixelId: string, named: boolean): string {
  if (verdict.outcome !== 'deliver') {
    return `${JSON.stringify(named ? { ...verdict, pixelId } : verdict)}\n`;
  }
  const id = JSON.stringify(pixelId);
  const warnings = JSON.stringify(verdict.warnings);
  return `{"outcome":"deliver","pixelId":${id},"event":${sentJson(verdict.event)},"warnings":${warnings}}\n`;
}
