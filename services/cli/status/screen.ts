import { styleText } from 'node:util';
import { formatAge, formatCount, formatTimeLeft, plural } from '#core/text/format.ts';
import { cut, plain } from '../dead-letters/table.ts';
import { type Demand, percent } from './attention.ts';
import { laneLines } from './lane-lines.ts';
import { type Line, wrap } from './line.ts';
import type { Status } from './status.ts';

/** In front of what follows the name of a row. */
const NAME_WIDTH = 14;
/** Reasons beyond these are counted together. */
const MOST_REASONS = 4;
const MOST_REPLAYS = 3;

/** The screen as lines of at most `columns` characters, but for the command to copy; coloured where the terminal shows colours. */
export function renderScreen(
  status: Status,
  demands: readonly Demand[],
  columns: number,
  footer: string | null = null,
): string[] {
  const lines: Line[] = [
    ...verdictLines(demands, columns),
    { text: '' },
    ...sourceLines(status),
    { text: '' },
    ...(status.flow.ok
      ? [...laneLines(status.flow.value, status.rates, status.at), { text: '' }]
      : []),
    ...deadLetterLines(status),
    ...replayLines(status),
    ...(footer === null ? [] : [{ text: '' }, { text: footer, style: 'dim' as const }]),
  ];
  return lines.map(({ text, style, whole = false }) => {
    const shown = whole ? plain(text) : cut(plain(text), columns);
    return style === undefined ? shown : styleText(style, shown);
  });
}

/** Must I act? In words, with the command to go on with. */
function verdictLines(demands: readonly Demand[], columns: number): Line[] {
  const [first, ...others] = demands;
  if (first === undefined) {
    const text = 'All is well: events flow, and each that was consumed is accounted for.';
    return [{ text, style: 'green' }];
  }
  const style = first.urgency === 'now' ? ('red' as const) : ('yellow' as const);
  const word = first.urgency === 'now' ? 'Act now' : 'Nothing urgent';
  return [
    ...wrap(`${word}: ${first.words}.`, columns).map((text) => ({ text, style })),
    { text: `  Next: ${first.next}`, style: 'bold', whole: true },
    ...others.flatMap(({ words }) =>
      wrap(`Also: ${words}.`, columns - 2).map((text) => ({ text: `  ${text}` })),
    ),
  ];
}

function sourceLines({ kafka, flow, rates, at }: Status): Line[] {
  const row = (name: string, text: string): Line => ({ text: name.padEnd(NAME_WIDTH) + text });
  const lost = (name: string, error: string): Line => ({ ...row(name, error), style: 'red' });
  const lines: Line[] = [];
  if (!kafka.ok) lines.push(lost('Kafka', kafka.error));
  else {
    const lags = Object.entries(kafka.value.lag);
    const lag = lags.reduce((sum, [, messages]) => sum + messages, 0);
    const { members } = kafka.value;
    const of =
      lags.length > 1
        ? ` (${lags.map(([topic, n]) => `${topic} ${formatCount(n)}`).join(', ')})`
        : '';
    const readers = members === 1 ? '1 ingest reads' : `${members} ingests read`;
    lines.push(row('Kafka', `lag ${plural(lag, 'message')}${of}; ${readers}`));
  }
  if (!flow.ok) return [...lines, lost('Redis', flow.error)];
  const { pixels, memoryRatio } = flow.value;
  const queued = pixels.reduce((sum, { ledger }) => sum + ledger.queued, 0);
  const times = pixels.flatMap(({ oldestAt }) => (oldestAt === null ? [] : [oldestAt]));
  const oldest = times.length === 0 ? '' : `, the oldest for ${formatAge(at - Math.min(...times))}`;
  const memory = memoryRatio === 0 ? '' : `; Redis is ${percent(memoryRatio)} full`;
  lines.push(row('Queue', `${plural(queued, 'event')} in flight${oldest}${memory}`));
  if (rates !== null) {
    const { consumed, delivered, dead, overMs } = rates;
    const [a, b, c] = [consumed, delivered, dead].map(formatCount);
    const over = `over the last ${formatAge(Math.max(overMs, 1000))}`;
    lines.push(row('A second', `${a} consumed, ${b} delivered, ${c} dead, ${over}`));
  }
  return lines;
}

function deadLetterLines({ deadLetters, at }: Status): Line[] {
  const name = 'Dead letters'.padEnd(NAME_WIDTH);
  if (!deadLetters.ok) return [{ text: name + deadLetters.error, style: 'red' }];
  const { held, within, expired, nextHorizon, reasons } = deadLetters.value;
  if (held === 0) return [{ text: `${name}none` }];
  const next = nextHorizon === null ? null : formatTimeLeft(Math.floor(nextHorizon / 1000), at);
  const horizon = [
    `${formatCount(within['24h'])} expire within 24 h`,
    `${formatCount(within['72h'])} within 72 h`,
    ...(next === null ? [] : [next === 'expired' ? 'the next one now' : `the next one in ${next}`]),
  ].join(', ');
  const rest = reasons.slice(MOST_REASONS);
  const others = rest.reduce((sum, { events }) => sum + events, 0);
  return [
    {
      text: `${name}${formatCount(held)} held, ${formatCount(expired)} of them past their horizon`,
    },
    {
      text: `${'Horizon'.padEnd(NAME_WIDTH)}${horizon}`,
      ...(within['24h'] > 0 ? { style: 'red' as const } : {}),
    },
    ...reasons.slice(0, MOST_REASONS).map(({ reason, events, soon, expired: over }) => {
      const urgent = soon > 0 ? `, ${formatCount(soon)} within 24 h` : '';
      const gone = over > 0 ? `, ${formatCount(over)} expired` : '';
      return { text: `  ${reason.padEnd(22)}${formatCount(events).padStart(11)}${urgent}${gone}` };
    }),
    ...(others > 0
      ? [{ text: `  ${'other reasons'.padEnd(22)}${formatCount(others).padStart(11)}` }]
      : []),
  ];
}

function replayLines({ replays }: Status): Line[] {
  const name = 'Replays'.padEnd(NAME_WIDTH);
  if (!replays.ok) return [{ text: name + replays.error, style: 'red' }];
  if (replays.value.length === 0) return [{ text: `${name}none under way` }];
  return replays.value.slice(0, MOST_REPLAYS).map((replay, index) => {
    const { id, state, done, planned, delivered, died } = replay;
    const far = `${formatCount(done)} of ${formatCount(planned)}`;
    const text = `${id} ${state}, ${far}; ${formatCount(delivered)} delivered, ${formatCount(died)} dead again`;
    const style = state === 'stopped' ? { style: 'yellow' as const } : {};
    return { text: (index === 0 ? name : ' '.repeat(NAME_WIDTH)) + text, ...style };
  });
}
