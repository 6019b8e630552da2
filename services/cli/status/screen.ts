import { styleText } from 'node:util';
import { formatAge, formatCount, formatTimeLeft, plural } from '#core/text/format.ts';
import { NO_PIXEL } from '#store/keys.ts';
import { type FleetStatus, type PixelStatus, unbalanced } from '#store/status/fleet.ts';
import { cut, printable, wrapLines } from '../output/text.ts';
import { type Demand, percent } from './attention.ts';
import type { Rates, Status } from './status.ts';

/** One line of the screen. */
interface Line {
  readonly text: string;
  /** Never cut, because it is a command to copy. */
  readonly whole?: boolean;
  readonly style?: 'red' | 'yellow' | 'green' | 'bold' | 'dim';
}

/** Width of the names at the start of rows. */
const NAME_WIDTH = 14;
/** Further reasons are added up. */
const MOST_REASONS = 4;
const MOST_REPLAYS = 3;

/** The screen as lines of at most `columns` columns, except for the command to copy. */
export function renderScreen(
  status: Status,
  demands: readonly Demand[],
  columns: number,
  footer: string | null = null,
): string[] {
  const lines: Line[] = [
    ...conclusionLines(demands, columns),
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
    const shown = whole ? printable(text) : cut(printable(text), columns);
    return style === undefined ? shown : styleText(style, shown);
  });
}

/** Whether the user must act, why, and the next command. */
function conclusionLines(demands: readonly Demand[], columns: number): Line[] {
  const [first, ...others] = demands;
  if (first === undefined) {
    const text = 'All is well: events flow, and every consumed event is accounted for.';
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

/** Text broken between words; continuation lines are indented. */
function wrap(text: string, columns: number): string[] {
  const lines = wrapLines(printable(text), columns - 2);
  return lines.map((line, index) => (index === 0 ? line : `  ${line}`));
}

function sourceLines({ kafka, flow, rates, at }: Status): Line[] {
  const row = (name: string, text: string): Line => ({ text: name.padEnd(NAME_WIDTH) + text });
  const failed = (name: string, error: string): Line => ({ ...row(name, error), style: 'red' });
  const lines: Line[] = [];
  if (!kafka.ok) lines.push(failed('Kafka', kafka.error));
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
  if (!flow.ok) return [...lines, failed('Redis', flow.error)];
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
    lines.push(row('Per second', `${a} consumed, ${b} delivered, ${c} dead, ${over}`));
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
  if (replays.value.length === 0) return [{ text: `${name}none` }];
  return replays.value.slice(0, MOST_REPLAYS).map((replay, index) => {
    const { id, state, done, planned, delivered, died } = replay;
    const far = `${formatCount(done)} of ${formatCount(planned)}`;
    const text = `${id} ${state}, ${far}; ${formatCount(delivered)} delivered, ${formatCount(died)} dead again`;
    const style = state === 'stopped' ? { style: 'yellow' as const } : {};
    return { text: (index === 0 ? name : ' '.repeat(NAME_WIDTH)) + text, ...style };
  });
}

const LANE_STYLES: Readonly<Record<PixelStatus['lane']['state'], Pick<Line, 'style'>>> = {
  active: {},
  throttled: { style: 'yellow' },
  failing: { style: 'yellow' },
  blocked: { style: 'red' },
};

/** Widths that fit 80 columns; the first two cells are aligned left, the others right. */
const WIDTHS = [16, 10, 9, 9, 8, 13, 9] as const;
const HEAD = ['PIXEL', 'LANE', 'QUEUED', 'OLDEST', 'PER SEC', 'DELIVERED', 'DEAD'];

/** A row for each pixel; below it, why its lane is halted and whether its ledger balances. */
function laneLines(fleet: FleetStatus, rates: Rates | null, at: number): Line[] {
  const off = new Map(unbalanced(fleet));
  const { none } = fleet;
  return [
    { text: row(HEAD), style: 'dim' },
    ...fleet.pixels.flatMap((pixel) => {
      const { ledger, oldestAt } = pixel;
      const rate = rates?.deliveredBy[pixel.pixelId];
      const text = row([
        pixel.pixelId,
        pixel.configured ? pixel.lane.state : 'not set up',
        formatCount(ledger.queued),
        oldestAt === null ? '–' : formatAge(at - oldestAt),
        rate === undefined ? '–' : formatCount(rate),
        formatCount(ledger.delivered),
        formatCount(ledger.dead),
      ]);
      return [
        { text, ...LANE_STYLES[pixel.lane.state] },
        ...why(pixel, at),
        ...imbalance(off.get(pixel.pixelId)),
      ];
    }),
    ...(none.consumed > 0
      ? [
          { text: row(['no pixel', '', '', '', '', '', formatCount(none.dead)]) },
          ...imbalance(off.get(NO_PIXEL)),
        ]
      : []),
  ];
}

/** When a halted lane is probed, then why it is halted, which may be long. */
function why({ lane: { state, why: reason, until } }: PixelStatus, at: number): Line[] {
  if (state === 'active') return [];
  const left = (until ?? at) - at;
  const when = left > 0 ? `probed in ${formatAge(left)}` : 'being probed';
  return [{ text: `  ${when}: ${reason ?? ''}` }];
}

function imbalance(by: number | undefined): Line[] {
  if (by === undefined) return [];
  return [{ text: `  the ledger is out of balance by ${formatCount(by)}`, style: 'red' }];
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => {
      const width = WIDTHS[index] ?? 0;
      return index < 2 ? cell.padEnd(width) : cell.padStart(width);
    })
    .join(' ')
    .trimEnd();
}
