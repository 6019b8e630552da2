import { sentJson } from '#core/record/record.ts';
import { createLineMapper, type MappedLine, type PreviewContext } from './line-mapper.ts';
import type { Preview } from './lines.ts';

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
