import { styleText } from 'node:util';
import { parkedWords } from '#core/delivery/parked.ts';
import { formatAge, formatCount, formatTimeLeft, plural } from '#core/text/format.ts';
import { assessmentWords } from '#store/dead-letters/replay/assessment.ts';
import { heldWords } from '#store/dead-letters/replay/held.ts';
import { NO_PIXEL } from '#store/keys.ts';
import { allFiltered } from '#store/status/filtered.ts';
import {
  type FleetStatus,
  labelIn,
  type PixelStatus,
  totalOf,
  unbalanced,
} from '#store/status/fleet.ts';
import { cut, printable, wrapLines } from '../output/text.ts';
import { type Demand, percent } from './attention.ts';
import type { Rates, Status } from './status.ts';

type Style = 'red' | 'yellow' | 'green' | 'bold' | 'dim';

interface Line {
  readonly text: string;
  /** Never cut, because it is a command to copy. */
  readonly whole?: boolean;
  readonly style?: Style | undefined;
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
    ...(footer === null ? [] : [{ text: '' }, { text: footer, style: 'dim' } as const]),
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
  const [style, word] =
    first.urgency === 'now'
      ? (['red', 'Act now'] as const)
      : (['yellow', 'Nothing urgent'] as const);
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

function row(name: string, text: string, style?: Style): Line {
  return { text: name.padEnd(NAME_WIDTH) + text, style };
}

function sourceLines({ kafka, flow, rates, at }: Status): Line[] {
  const lines: Line[] = [];
  if (!kafka.ok) lines.push(row('Kafka', kafka.error, 'red'));
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
  if (!flow.ok) return [...lines, row('Redis', flow.error, 'red')];
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
  return [...lines, filteredLine(flow.value)];
}

/** How many events were left out on purpose, and the most frequent reasons. */
function filteredLine(flow: FleetStatus): Line {
  const { filtered, consumed } = totalOf(flow);
  if (filtered === 0) return row('Filtered', 'none');
  const parts = [flow.noneFiltered, ...flow.pixels.map((pixel) => pixel.filtered)];
  const top = allFiltered(parts).slice(0, MOST_REASONS);
  const why = top.map(([reason, events]) => `${formatCount(events)} ${reason}`).join(', ');
  const of = `${formatCount(filtered)} of ${plural(consumed, 'event')}`;
  return row('Filtered', why === '' ? of : `${of}: ${why}`);
}

function deadLetterLines({ deadLetters, replayable, at }: Status): Line[] {
  const name = 'Dead letters';
  if (!deadLetters.ok) return [row(name, deadLetters.error, 'red')];
  const { held, within, expired, nextHorizon, reasons, acknowledged } = deadLetters.value;
  if (held === 0) return [row(name, 'none')];
  const next = nextHorizon === null ? null : formatTimeLeft(Math.floor(nextHorizon / 1000), at);
  const horizon = [
    `${formatCount(within['24h'])} expire within 24 h`,
    `${formatCount(within['72h'])} within 72 h`,
    ...(next === null ? [] : [next === 'expired' ? 'the next one now' : `the next one in ${next}`]),
  ].join(', ');
  const known =
    acknowledged.held === 0 ? '' : `; ${formatCount(acknowledged.held)} of acknowledged causes`;
  const rest = reasons.slice(MOST_REASONS);
  const others = rest.reduce((sum, { events }) => sum + events, 0);
  return [
    row(
      name,
      `${formatCount(held)} held, ${formatCount(expired)} of them past their horizon${known}`,
    ),
    row('Horizon', horizon, within['24h'] > acknowledged.soon ? 'red' : undefined),
    replayable.ok
      ? row('Replayable', assessmentWords(replayable.value))
      : row('Replayable', `what can be replayed is not known: ${replayable.error}`, 'yellow'),
    ...reasons.slice(0, MOST_REASONS).map(({ reason, events, soon, expired: over }) => {
      const urgent = soon > 0 ? `, ${formatCount(soon)} within 24 h` : '';
      const gone = over > 0 ? `, ${formatCount(over)} expired` : '';
      return { text: reasonText(reason, events) + urgent + gone };
    }),
    ...(others > 0 ? [{ text: reasonText('other reasons', others) }] : []),
  ];
}

function reasonText(reason: string, events: number): string {
  return `  ${reason.padEnd(22)}${formatCount(events).padStart(11)}`;
}

function replayLines({ replays, flow }: Status): Line[] {
  const name = 'Replays';
  if (!replays.ok) return [row(name, replays.error, 'red')];
  if (replays.value.length === 0) return [row(name, 'none')];
  const labelOf = (pixelId: string) => (flow.ok ? labelIn(flow.value, pixelId) : pixelId);
  return replays.value.slice(0, MOST_REPLAYS).flatMap((replay, index) => {
    const { id, state, done, planned, delivered, died, held } = replay;
    const far = `${formatCount(done)} of ${formatCount(planned)}`;
    const text = `${id} ${state}, ${far}; ${formatCount(delivered)} delivered, ${formatCount(died)} dead again`;
    return [
      row(index === 0 ? name : '', text, state === 'stopped' ? 'yellow' : undefined),
      ...(held.length > 0 ? [row('', `left for later: ${heldWords(held, labelOf)}`)] : []),
    ];
  });
}

const LANE_STYLES: Readonly<Record<PixelStatus['lane']['state'], Style | undefined>> = {
  active: undefined,
  throttled: 'yellow',
  failing: 'yellow',
  blocked: 'red',
  paused: 'yellow',
};

/** Widths that fit 80 columns; the first two cells are aligned left, the others right. */
const WIDTHS = [16, 10, 9, 9, 8, 13, 9] as const;
const HEAD = ['PIXEL', 'LANE', 'QUEUED', 'OLDEST', 'PER SEC', 'DELIVERED', 'DEAD'];

/** A row for each pixel; below it, its name, why its lane is halted and whether its ledger balances. */
function laneLines(fleet: FleetStatus, rates: Rates | null, at: number): Line[] {
  const off = new Map(unbalanced(fleet));
  return [
    { text: laneText(HEAD), style: 'dim' },
    ...fleet.pixels.flatMap((pixel) => {
      const { ledger, oldestAt } = pixel;
      const rate = rates?.deliveredBy[pixel.pixelId];
      const text = laneText([
        pixel.pixelId,
        pixel.configured ? pixel.lane.state : 'not set up',
        formatCount(ledger.queued),
        oldestAt === null ? '–' : formatAge(at - oldestAt),
        rate === undefined ? '–' : formatCount(rate),
        formatCount(ledger.delivered),
        formatCount(ledger.dead),
      ]);
      return [
        { text, style: LANE_STYLES[pixel.lane.state] },
        ...(pixel.name === undefined ? [] : [{ text: `  ${pixel.name}`, style: 'dim' as const }]),
        ...why(pixel, at),
        ...imbalance(off.get(pixel.pixelId)),
      ];
    }),
    ...(fleet.none.consumed > 0
      ? [
          { text: laneText(['no pixel', '', '', '', '', '', formatCount(fleet.none.dead)]) },
          ...imbalance(off.get(NO_PIXEL)),
        ]
      : []),
  ];
}

/** What is parked; when a halted lane is probed, then why it is halted, which may be long. */
function why({ lane: { state, why: reason, until }, parked }: PixelStatus, at: number): Line[] {
  const lines: Line[] = parked === null ? [] : [{ text: `  ${parkedWords(parked, at)}` }];
  if (state === 'active') return lines;
  const left = (until ?? at) - at;
  const when = left > 0 ? `probed in ${formatAge(left)}` : 'being probed';
  return [...lines, { text: state === 'paused' ? `  ${reason}` : `  ${when}: ${reason ?? ''}` }];
}

function imbalance(by: number | undefined): Line[] {
  if (by === undefined) return [];
  return [{ text: `  the ledger is out of balance by ${formatCount(by)}`, style: 'red' }];
}

function laneText(cells: readonly string[]): string {
  return cells
    .map((cell, index) => {
      const width = WIDTHS[index] ?? 0;
      return index < 2 ? cell.padEnd(width) : cell.padStart(width);
    })
    .join(' ')
    .trimEnd();
}
