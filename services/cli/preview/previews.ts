import { styleText } from 'node:util';
import type { EventDecoder } from '#core/event/event-decoder.ts';
import type { Trace } from '#core/mapping/draft.ts';
import { PixelNames } from '#core/pixel-names.ts';
import { sentJson } from '#core/record/record.ts';
import { plural } from '#core/text/format.ts';
import type { SampledMessage } from '#kafka/sample/sample.ts';
import { createLineMapper, type MappedLine, type PreviewContext } from './line-mapper.ts';
import type { Preview } from './lines.ts';
import { createMessageMapper, type MappingSections, placeOf } from './message-mapper.ts';
import { renderDelivery, renderFailure } from './rendering.ts';

/** Told of each result, and where its event was read. */
export type OnResult = (place: string, mapped: MappedLine) => void;

/** What messages of Kafka are mapped with. */
type MessageContext = Pick<PreviewContext, 'now' | 'clock'> & {
  readonly configuration: MappingSections;
  readonly decoder: Pick<EventDecoder, 'decode'>;
};

/** Renders a message as {@link Preview} does a line. */
export type MessagePreview = (message: SampledMessage) => string;

/** Renders a line as one line of JSON for each target pixel. */
export function createJsonPreview(context: PreviewContext, onResult: OnResult = () => {}): Preview {
  const mapLine = createLineMapper(context, null);
  let number = 0;
  return (line) => {
    number += 1;
    return jsonLines(mapLine(line), '', (mapped) => onResult(`line ${number}`, mapped));
  };
}

/** Renders a message as one line of JSON for each target pixel, with its coordinates in `kafka`. */
export function createJsonMessages(context: MessageContext, onResult: OnResult): MessagePreview {
  const mapMessage = createMessageMapper(context.configuration, context, context.decoder, null);
  return (message) => {
    const kafka = `,"kafka":${JSON.stringify(message.kafka)}`;
    const place = placeOf(message.kafka);
    return jsonLines(mapMessage(message), kafka, (mapped) => onResult(place, mapped));
  };
}

/** @param more members for each line */
function jsonLines(
  results: Iterable<MappedLine>,
  more: string,
  onResult: (mapped: MappedLine) => void,
): string {
  let lines = '';
  for (const mapped of results) {
    onResult(mapped);
    const json = jsonOf(mapped);
    lines += more === '' ? `${json}\n` : `${json.slice(0, -1)}${more}}\n`;
  }
  return lines;
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

interface PreviewView {
  readonly reveal: boolean;
  readonly columns: number;
}

/**
 * Renders a line as text: where each field comes from, and what is missing.
 * @returns also a summary for the end
 */
export function createReadablePreview(
  context: PreviewContext,
  view: PreviewView,
  onResult: OnResult = () => {},
): { preview: Preview; summary: () => string } {
  const names = new PixelNames(context.configuration?.pixels ?? []);
  const readable = new ReadablePreview(view, names, onResult);
  const mapLine = createLineMapper(context, readable.trace);
  let number = 0;
  const preview: Preview = (line) => {
    number += 1;
    return readable.render(`line ${number}`, mapLine(line));
  };
  const none = 'No line to preview: give a file, or events on standard input.\n';
  return { preview, summary: () => readable.summary('line', none) };
}

/** As {@link createReadablePreview}, for messages. */
export function createReadableMessages(
  context: MessageContext,
  view: PreviewView,
  onResult: OnResult,
): { preview: MessagePreview; summary: () => string } {
  const names = new PixelNames(context.configuration.pixels);
  const readable = new ReadablePreview(view, names, onResult);
  const { configuration, decoder } = context;
  const mapMessage = createMessageMapper(configuration, context, decoder, readable.trace);
  const preview: MessagePreview = (message) =>
    readable.render(placeOf(message.kafka), mapMessage(message));
  return { preview, summary: () => readable.summary('message', 'No message to preview.\n') };
}

class ReadablePreview {
  private readonly origins: Map<string, string> = new Map();
  private readonly counts: PreviewCounts = {
    inputs: 0,
    deliver: 0,
    filter: 0,
    reject: 0,
    warnings: 0,
  };
  private readonly view: PreviewView;
  private readonly names: PixelNames;
  private readonly onResult: OnResult;

  constructor(view: PreviewView, names: PixelNames, onResult: OnResult) {
    this.view = view;
    this.names = names;
    this.onResult = onResult;
  }

  readonly trace: Trace = (field, origin) => {
    this.origins.set(field, origin);
  };

  render(place: string, results: Iterable<MappedLine>): string {
    const { counts, origins } = this;
    const { reveal, columns } = this.view;
    counts.inputs += 1;
    let text = '';
    for (const mapped of results) {
      const { event, pixelId, result } = mapped;
      this.onResult(place, mapped);
      const pixel = pixelId === null ? null : this.names.label(pixelId);
      const view = { place, pixel, input: event, columns };
      counts[result.outcome] += 1;
      if (result.outcome === 'deliver') {
        counts.warnings += result.warnings.length;
        text += renderDelivery(view, result, origins, reveal);
      } else text += renderFailure(view, result);
      origins.clear();
    }
    return text;
  }

  /** @param none what to say where there was no input */
  summary(what: 'line' | 'message', none: string): string {
    const hint = this.view.reveal ? '' : ' --reveal shows personal values before hashing.';
    const outcomes = this.counts.inputs === 0 ? none : outcomesOf(this.counts, what);
    return `${outcomes}Nothing was sent.${hint}\n`;
  }
}

/** `warnings` are those of delivered events. */
type PreviewCounts = Record<'inputs' | 'deliver' | 'filter' | 'reject' | 'warnings', number>;

function outcomesOf({ inputs, deliver, filter, reject, warnings }: PreviewCounts, what: string) {
  const warned = warnings === 0 ? '' : ` (with ${plural(warnings, 'warning')})`;
  const parts = [
    styleText('green', `${deliver} to deliver`) + warned,
    filter > 0 ? styleText('yellow', `${filter} filtered`) : '',
    reject > 0 ? styleText('red', `${reject} rejected`) : '',
  ];
  return `${plural(inputs, what)}: ${parts.filter((part) => part !== '').join(', ')}.\n`;
}
