import { styleText } from 'node:util';
import { plural } from '#core/text/format.ts';
import { readInput } from './input.ts';
import { maxBytesOf, outcomeOf, type PreviewContext } from './json-preview.ts';
import type { Preview } from './lines.ts';
import { renderDelivery, renderFailure, type View } from './rendering.ts';
import { createTargets } from './targets.ts';

/** A readable preview, and a summary for the end. */
interface ReadablePreview {
  readonly preview: Preview;
  readonly summary: () => string;
}

/** Renders a line as text: where each field comes from, and what is missing. */
export function createReadablePreview(
  { configuration, now, clock }: PreviewContext,
  { reveal, columns }: { readonly reveal: boolean; readonly columns: number },
): ReadablePreview {
  const origins: Map<string, string> = new Map();
  const targetsOf = createTargets(configuration, (field, origin) => {
    origins.set(field, origin);
  });
  const maxBytes = maxBytesOf(configuration);
  const counts: PreviewCounts = { lines: 0, deliver: 0, filter: 0, reject: 0, warnings: 0 };

  const preview: Preview = (line) => {
    counts.lines += 1;
    const view: View = { number: counts.lines, pixelId: null, input: null, columns };
    const input = readInput(line, maxBytes);
    const targets = 'reason' in input ? input : targetsOf(input);
    if ('reason' in targets) {
      const event = 'reason' in input ? null : input.event;
      counts[outcomeOf(targets)] += 1;
      return renderFailure({ ...view, input: event }, outcomeOf(targets), targets);
    }
    if ('reason' in input) return '';
    const time = input.now ?? now ?? clock();
    return targets
      .map(({ settings: { pixelId }, map }) => {
        origins.clear();
        const result = map(input.event, time);
        const shown = { ...view, pixelId, input: input.event };
        counts[result.outcome] += 1;
        if (result.outcome !== 'deliver') return renderFailure(shown, result.outcome, result);
        counts.warnings += result.warnings.length;
        return renderDelivery(shown, result, origins, reveal);
      })
      .join('');
  };
  const hint = reveal ? '' : ' --reveal shows personal values before hashing.';
  return { preview, summary: () => `${summaryOf(counts)}Nothing was sent.${hint}\n` };
}

interface PreviewCounts {
  lines: number;
  deliver: number;
  filter: number;
  reject: number;
  /** Of delivered events. */
  warnings: number;
}

function summaryOf({ lines, deliver, filter, reject, warnings }: PreviewCounts): string {
  if (lines === 0) return 'No line to preview: give a file, or events on standard input.\n';
  const warned = warnings === 0 ? '' : ` (with ${plural(warnings, 'warning')})`;
  const parts = [
    styleText('green', `${deliver} to deliver`) + warned,
    filter > 0 ? styleText('yellow', `${filter} filtered`) : '',
    reject > 0 ? styleText('red', `${reject} rejected`) : '',
  ];
  return `${plural(lines, 'line')}: ${parts.filter((part) => part !== '').join(', ')}.\n`;
}
