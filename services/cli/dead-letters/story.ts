import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { indentedJson } from '#core/event/json-text.ts';
import { formatCount, formatDuration, formatTimeLeft, isoTime } from '#core/text/format.ts';
import type { Content } from '#store/dead-letters/masking.ts';
import { plain } from './table.ts';

const NAME_WIDTH = 12;

/** The whole story of one dead letter, for people. */
export function renderStory(facts: DeadLetterFacts, content: Content, now: number): string {
  const rows = [...factRows(facts, now), ...metaRows(facts)];
  const lines = rows.map(([name, value]) => `${name.padEnd(NAME_WIDTH)}${plain(value)}\n`);
  return `${lines.join('')}\n${renderContent(facts, content)}`;
}

function factRows(facts: DeadLetterFacts, now: number): [string, string][] {
  const { kafka, diedAt, horizon, replays } = facts;
  const left = formatTimeLeft(horizon, now);
  return [
    ['id', facts.id],
    ['pixel', facts.pixelId ?? '(could not be told)'],
    ['event', `${facts.eventName ?? '(see below)'}, event_id ${facts.eventId ?? '(see below)'}`],
    ['died', `${ago(diedAt, now)}, in ${facts.stage}`],
    ['reason', `${facts.reason}: ${facts.message}`],
    ['Kafka', `${kafka.topic}, partition ${kafka.partition}, offset ${kafka.offset}`],
    ['', ago(kafka.timestamp, now)],
    ...keptRows(facts),
    ['sent', `${times(facts.attempts)}${facts.unknown ? ', and Meta may have taken it' : ''}`],
    ['replayed', times(replays)],
    ['expires', horizon === null ? NOT_KNOWN : `${isoTime(horizon * 1000)}, ${inTime(left)}`],
  ];
}

function keptRows({ truncatedFrom }: DeadLetterFacts): [string, string][] {
  if (truncatedFrom === undefined) return [];
  return [
    ['kept', `only the first part of ${formatCount(truncatedFrom)} bytes: it cannot be replayed`],
    ['', 'the original is in Kafka, as above'],
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

function renderContent({ holds }: DeadLetterFacts, content: Content): string {
  if ('unreadable' in content) return `The event cannot be read: ${content.unreadable}\n`;
  const what = holds === 'record' ? 'server event, before hashing' : 'message, as Kafka had it';
  const title = content.masked ? `${what}; --reveal shows what is masked` : what;
  const text = indentedJson(content.content).split('\n').map(plain).join('\n');
  return `${title}:\n${text}\n`;
}

const NOT_KNOWN = 'not known';

function ago(ms: number, now: number): string {
  const iso = isoTime(ms);
  return iso === null ? NOT_KNOWN : `${iso}, ${formatDuration(now - ms)} ago`;
}

function times(count: number): string {
  if (count === 0) return 'never';
  return count === 1 ? 'once' : `${count} times`;
}

function inTime(left: string): string {
  return left === 'expired' ? 'past' : `in ${left}`;
}
