import { styleText } from 'node:util';
import { explainOutcome } from '#core/outcome/explanation.ts';
import type { PixelNames } from '#core/pixel-names.ts';
import { formatAge, plural } from '#core/text/format.ts';
import type { AnswerLine, TailLine } from '#store/delivery/tail.ts';
import { padded, printable, widthOf, wrapLines } from '../output/text.ts';

const COLOURS = {
  delivered: 'green',
  retry: 'yellow',
  throttled: 'yellow',
  blocked: 'red',
  rejected: 'red',
} as const;

/** As wide as the longest outcome. */
const WORD = 9;

/** What hangs below the first line of a narrow terminal. */
const INDENT = '    ';

/** Between the parts of a line. */
const GAP = '  ';

/** A line for people, in more of them where the terminal is narrow. @param columns infinite without one */
export function renderLine(line: TailLine, names: PixelNames, columns: number): string {
  const parts = [clock(line.at), ...partsOf(line, names)].filter((part) => part !== '');
  return hanging(parts, columns);
}

function partsOf(line: TailLine, names: PixelNames): string[] {
  if (line.kind === 'dropped') {
    return [styleText('yellow', `${plural(line.lines, 'line')} left out: a worker had more`)];
  }
  const pixel = printable(names.label(line.pixel));
  const events = plural(line.events, 'event');
  if (line.kind === 'batch') {
    return [padded('batch', WORD), pixel, events, `released by ${printable(line.trigger)}`];
  }
  const { ms, oldest, traceId } = line;
  return [
    outcomeOf(line.outcome),
    pixel,
    events,
    `${ms} ms`,
    oldest === null ? '' : `oldest ${formatAge(oldest * 1000)}`,
    codeOf(line),
    traceId === null ? '' : `trace ${printable(traceId)}`,
    line.outcome === 'delivered' ? '' : meaningOf(line),
  ];
}

function outcomeOf(outcome: string): string {
  const word = padded(printable(outcome), WORD);
  const known = Object.entries(COLOURS).find(([name]) => name === outcome);
  return known === undefined ? word : styleText(known[1], word);
}

function codeOf({ status, cause, code, subcode, outcome }: AnswerLine): string {
  if (outcome === 'delivered') return '';
  if (status === null) return `no answer (${printable(cause ?? 'unknown')})`;
  if (code === null) return `HTTP ${status}`;
  return `code ${code}${subcode === null ? '' : `/${subcode}`}`;
}

/** What our table says of the code: Meta's own words are not among the lines. */
function meaningOf({ status, code, subcode }: AnswerLine): string {
  if (status === null) return '';
  const refusal = { status, code, subcode, message: '', traceId: null, index: null };
  return `→ ${explainOutcome({ kind: 'blocked', refusal }).meaning}`;
}

/** `10:20:31.123`, in UTC. */
function clock(at: number): string {
  const time = Number.isFinite(at) && Math.abs(at) < 8.64e15 ? new Date(at).toISOString() : '';
  return time.slice(11, 23);
}

/** Lines are broken between parts, and within one only where it alone is longer than a line. */
function hanging(parts: readonly string[], columns: number): string {
  if (columns === Number.POSITIVE_INFINITY) return `${parts.join(GAP)}\n`;
  const room = columns - INDENT.length;
  const lines: string[] = [];
  for (const part of parts) {
    const joined = `${lines.at(-1) ?? ''}${GAP}${part}`;
    if (lines.length > 0 && widthOf(joined) <= room) lines.splice(-1, 1, joined);
    else lines.push(...wrapLines(part, room));
  }
  return `${lines.join(`\n${INDENT}`)}\n`;
}
