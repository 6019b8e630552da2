import type { DeadLetterFacts } from '#core/dead-letter.ts';
import type { Group } from './summary.ts';

const MINUTE_MS = 60_000;
const WORDS = 60;

/** `2 d 4 h`, `5 h 10 m`, `3 m`. */
export function span(ms: number): string {
  const minutes = Math.max(Math.floor(ms / MINUTE_MS), 0);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} m` : `${minutes} m`;
}

/** How long an event can still be sent. */
export function timeLeft(horizon: number | null, now: number): string {
  if (horizon === null) return '–';
  const left = horizon * 1000 - now;
  return left > 0 ? span(left) : 'expired';
}

export function renderSummary(groups: readonly Group[], now: number): string {
  if (groups.length === 0) return 'No dead letters.\n';
  const rows = groups.map(({ pixelId, reason, message, events, oldest, firstHorizon }) => [
    pixelId ?? '(no pixel)',
    reason,
    events.toLocaleString('en'),
    span(now - oldest),
    timeLeft(firstHorizon, now),
    message.slice(0, WORDS),
  ]);
  const total = groups.reduce((sum, { events }) => sum + events, 0);
  const head = ['PIXEL', 'REASON', 'EVENTS', 'OLDEST', 'EXPIRES IN', 'MESSAGE'];
  return `${table([head, ...rows])}\n${total.toLocaleString('en')} dead letters.\n`;
}

export function renderList(letters: readonly DeadLetterFacts[], now: number): string {
  if (letters.length === 0) return 'No dead letters.\n';
  const rows = letters.map(({ id, reason, eventName, diedAt, horizon }) => [
    id,
    reason,
    eventName ?? '–',
    span(now - diedAt),
    timeLeft(horizon, now),
  ]);
  return `${table([['ID', 'REASON', 'EVENT', 'AGE', 'EXPIRES IN'], ...rows])}\n`;
}

/** The whole story of one dead letter. */
export function renderStory(facts: DeadLetterFacts, now: number): string {
  const { kafka, refusal } = facts;
  const rows: [string, string][] = [
    ['id', facts.id],
    ['pixel', facts.pixelId ?? '(could not be told)'],
    ['event', `${facts.eventName ?? '(unknown)'}  id ${facts.eventId ?? '(unknown)'}`],
    [
      'died',
      `${new Date(facts.diedAt).toISOString()}, ${span(now - facts.diedAt)} ago, in ${facts.stage}`,
    ],
    ['reason', `${facts.reason}: ${facts.message}`],
    [
      'Kafka',
      `${kafka.topic}, partition ${kafka.partition}, offset ${kafka.offset}, ${new Date(kafka.timestamp).toISOString()}`,
    ],
    [
      'sent',
      `${facts.attempts} times${facts.unknown ? '; Meta may have taken it: its last answer never came' : ''}`,
    ],
    ['expires in', timeLeft(facts.horizon, now)],
  ];
  if (refusal !== null) {
    const code = `HTTP ${refusal.status}, code ${refusal.code ?? '–'}/${refusal.subcode ?? '–'}`;
    rows.push(['Meta', `${code}, trace ${refusal.traceId ?? '–'}: ${refusal.message}`]);
  }
  return `${rows.map(([name, value]) => `${name.padEnd(12)}${value}`).join('\n')}\n`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
