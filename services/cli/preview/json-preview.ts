import type { Configuration } from '#config/configuration.ts';
import type { MappingResult } from '#core/mapping/mapping-result.ts';
import { sentJson } from '#core/record/record.ts';
import { readInput, type Unmapped } from './input.ts';
import type { Preview } from './lines.ts';
import { createTargets } from './targets.ts';

/** What lines are mapped with. */
export interface PreviewContext {
  readonly configuration: Configuration | null;
  /** Unix ms for lines without a time of their own; null for the clock. */
  readonly now: number | null;
  /** Unix ms. */
  readonly clock: () => number;
}

/** Largest event without a configuration: the default of ingest. */
const MAX_BYTES = 1_048_576;

export function maxBytesOf(configuration: Configuration | null): number {
  return configuration?.ingest.maxMessageBytes ?? MAX_BYTES;
}

/** Renders a line as one line of JSON for each target pixel. */
export function createJsonPreview({ configuration, now, clock }: PreviewContext): Preview {
  const targetsOf = createTargets(configuration, null);
  const maxBytes = maxBytesOf(configuration);
  return (line) => {
    const input = readInput(line, maxBytes);
    if ('reason' in input) return unmappedLine(input);
    const targets = targetsOf(input);
    if ('reason' in targets) return unmappedLine(targets);
    const fromConfiguration = configuration !== null && input.settings === undefined;
    const time = input.now ?? now ?? clock();
    let lines = '';
    for (const { settings, map } of targets) {
      lines += resultLine(map(input.event, time), settings.pixelId, fromConfiguration);
    }
    return lines;
  };
}

/** An event that no pixel selects is filtered, not rejected. */
export function outcomeOf({ reason }: Unmapped): 'filter' | 'reject' {
  return reason === 'no_pixel' ? 'filter' : 'reject';
}

function unmappedLine(unmapped: Unmapped): string {
  return `${JSON.stringify({ outcome: outcomeOf(unmapped), ...unmapped })}\n`;
}

/** The event is inserted as text: byte for byte what the worker sends. */
function resultLine(result: MappingResult, pixelId: string, named: boolean): string {
  if (result.outcome !== 'deliver') {
    return `${JSON.stringify(named ? { ...result, pixelId } : result)}\n`;
  }
  const id = JSON.stringify(pixelId);
  const warnings = JSON.stringify(result.warnings);
  return `{"outcome":"deliver","pixelId":${id},"event":${sentJson(result.event)},"warnings":${warnings}}\n`;
}
