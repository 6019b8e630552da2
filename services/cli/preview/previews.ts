import { styleText } from 'node:util';
import { sentJson } from '#core/record/record.ts';
import { plural } from '#core/text/format.ts';
import { createLineMapper, type MappedLine, type PreviewContext } from './line-mapper.ts';
import type { Preview } from './lines.ts';
import { renderDelivery, renderFailure } from './rendering.ts';

/** Renders a line as one line of JSON for each target pixel. */
export function createJsonPreview(context: PreviewContext): Preview {
  const mapLine = createLineMapper(context, null);
  return (line) => {
    let lines = '';
    for (const mapped of mapLine(line)) lines += `${jsonOf(mapped)}\n`;
    return lines;
  };
}

/** The event is inserted as text: byte for byte what the worker sends. */
function jsonOf({ result, pixelId, isConfigured }: MappedLine): string {
  if (result.outcome !== 'deliver') {
    return JSON.stringify(isConfigured ? { ...result, pixelId } : result);
  }
  const id = JSON.stringify(pixelId);
  const warnings = JSON.stringify(result.warnings);
  const { testEventCode } = result.event;
  const test = testEventCode === undefined ? '' : `,"testEventCode":"${testEventCode}"`;
  return `{"outcome":"deliver","pixelId":${id},"event":${sentJson(result.event)},"warnings":${warnings}${test}}`;
}

/**
 * Renders a line as text: where each field comes from, and what is missing.
 * @returns also a summary for the end
 */
export function createReadablePreview(
  context: PreviewContext,
  { reveal, columns }: { readonly reveal: boolean; readonly columns: number },
): { preview: Preview; summary: () => string } {
  const origins: Map<string, string> = new Map();
  const mapLine = createLineMapper(context, (field, origin) => {
    origins.set(field, origin);
  });
  const counts: PreviewCounts = { lines: 0, deliver: 0, filter: 0, reject: 0, warnings: 0 };

  const preview: Preview = (line) => {
    counts.lines += 1;
    let text = '';
    for (const { event, pixelId, result } of mapLine(line)) {
      const view = { number: counts.lines, pixelId, input: event, columns };
      counts[result.outcome] += 1;
      if (result.outcome === 'deliver') {
        counts.warnings += result.warnings.length;
        text += renderDelivery(view, result, origins, reveal);
      } else text += renderFailure(view, result);
      origins.clear();
    }
    return text;
  };
  const hint = reveal ? '' : ' --reveal shows personal values before hashing.';
  return { preview, summary: () => `${summaryOf(counts)}Nothing was sent.${hint}\n` };
}

/** `warnings` are those of delivered events. */
type PreviewCounts = Record<'lines' | 'deliver' | 'filter' | 'reject' | 'warnings', number>;

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
