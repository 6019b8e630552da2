import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { indentedJson } from '#core/event/json-text.ts';
import { NO_NAMES, type PixelNames } from '#core/pixel-names.ts';
import { formatCount, formatDuration, formatTimeLeft, isoTime } from '#core/text/format.ts';
import type { Content } from '#store/dead-letters/masking.ts';
import type { UnreplayedReason } from '#store/dead-letters/replay/counts.ts';
import type { ReplayPreview } from '#store/dead-letters/replay/preview.ts';
import { printable } from '../output/text.ts';

const NAME_WIDTH = 12;
const UNKNOWN = 'unknown';

/** Everything that is known about one dead letter, and its event. */
export function renderDetails(
  facts: DeadLetterFacts,
  content: Content,
  now: number,
  names: PixelNames = NO_NAMES,
): string {
  const rows = [...factRows(facts, now, names), ...metaRows(facts)];
  const lines = rows.map(([name, value]) => `${name.padEnd(NAME_WIDTH)}${printable(value)}\n`);
  return `${lines.join('')}\n${renderContent(facts, content)}`;
}

function factRows(facts: DeadLetterFacts, now: number, names: PixelNames): [string, string][] {
  const { kafka, diedAt, horizon, replays } = facts;
  const left = formatTimeLeft(horizon, now);
  const inTime = left === 'expired' ? 'past' : `in ${left}`;
  return [
    ['id', facts.id],
    ['pixel', facts.pixelId === null ? '(unknown)' : names.label(facts.pixelId)],
    ['event', `${facts.eventName ?? '(see below)'}, event_id ${facts.eventId ?? '(see below)'}`],
    ...partRows(facts),
    ['died', `${ago(diedAt, now)}, in ${facts.stage}`],
    ['reason', `${facts.reason}: ${facts.message}`],
    ['Kafka', `${kafka.topic}, partition ${kafka.partition}, offset ${kafka.offset}`],
    ['', ago(kafka.timestamp, now)],
    ...schemaRows(facts),
    ...truncationRows(facts),
    ['sent', `${times(facts.attempts)}${facts.unknown ? '; Meta may have accepted it' : ''}`],
    ['replayed', times(replays)],
    ['expires', horizon === null ? UNKNOWN : `${isoTime(horizon * 1000)}, ${inTime}`],
  ];
}

function partRows({ part }: DeadLetterFacts): [string, string][] {
  if (part === undefined) return [];
  const which = part === null ? 'the first' : `${part}, which eventRules add:`;
  return [['', `${which} of several server events; a replay makes this one alone`]];
}

function schemaRows({ schema }: DeadLetterFacts): [string, string][] {
  return schema === undefined ? [] : [['schema', String(schema)]];
}

function truncationRows({ truncatedFrom }: DeadLetterFacts): [string, string][] {
  if (truncatedFrom === undefined) return [];
  return [
    ['stored', `only the first part of ${formatCount(truncatedFrom)} bytes: it cannot be replayed`],
    ['', 'the original is in Kafka, at the offset above'],
  ];
}

function metaRows({ refusal }: DeadLetterFacts): [string, string][] {
  if (refusal === null) return [];
  const { status, code, subcode, traceId } = refusal;
  const codes = code === null ? '' : `, code ${code}${subcode === null ? '' : `/${subcode}`}`;
  return [
    ['Meta', `HTTP ${status}${codes}${traceId === null ? '' : `, trace ${traceId}`}`],
    ['', refusal.message],
  ];
}

function renderContent({ holds, schema }: DeadLetterFacts, content: Content): string {
  if ('unreadable' in content) return `The event cannot be read: ${content.unreadable}\n`;
  const message =
    schema === undefined ? 'message, as Kafka had it' : 'message, decoded where it can be';
  const what = holds === 'record' ? 'server event, before hashing' : message;
  const title = content.masked ? `${what}; --reveal shows masked values` : what;
  const text = indentedJson(content.content).split('\n').map(printable).join('\n');
  return `${title}:\n${text}\n`;
}

function ago(ms: number, now: number): string {
  const iso = isoTime(ms);
  return iso === null ? UNKNOWN : `${iso}, ${formatDuration(now - ms)} ago`;
}

function times(count: number): string {
  if (count === 0) return 'never';
  return count === 1 ? 'once' : `${count} times`;
}

/** Why a replay leaves a dead letter as it is. */
export const SKIP_MESSAGES: Readonly<Record<UnreplayedReason, string>> = {
  expired: 'past the horizon, or within 10 minutes of it',
  unknown: 'Meta may have accepted it more than 48 h ago; --include-unknown includes it',
  looping: 'replayed 3 times or more; --force-loop includes it',
  unconfigured: 'the pixel is not in the configuration',
  truncated: 'only the first part was stored; send the original from Kafka again, see show <id>',
  unreadable: 'damaged, or does not open under the sealing keys of the configuration',
  gone: 'replayed or purged by someone else',
};

/** What a replay would do with a dead letter now, for each pixel. */
export function renderReplayPreviews(
  previews: readonly ReplayPreview[],
  names: PixelNames = NO_NAMES,
): string {
  return previews.map((each) => `\n${headOf(each, names)}\n${changesOf(each)}`).join('');
}

function headOf({ pixelId, outcome, reason, message }: ReplayPreview, names: PixelNames): string {
  const where = pixelId === null ? '' : ` for pixel ${names.label(pixelId)}`;
  const skipped = SKIP_MESSAGES[reason as UnreplayedReason] ?? reason;
  const ends = {
    deliver: 'it would be sent.',
    filter: `left out (${reason}).`,
    reject: `refused again, ${reason}: ${printable(message ?? '')}`,
    skip: `skipped (${skipped}).`,
  };
  return `A replay now${where}: ${ends[outcome]}`;
}

function changesOf({ outcome, changes }: ReplayPreview): string {
  if (outcome !== 'deliver') return '';
  if (changes.length === 0) return 'Unchanged: fix the cause first, or edit the event.\n';
  return changes.map((line) => `  ${printable(line)}\n`).join('');
}
