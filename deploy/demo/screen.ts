import { styleText } from 'node:util';
import { formatCount } from '#core/text/format.ts';
import type { Reading } from './readings.ts';

const HEADINGS = ['pixel', 'consumed', 'filtered', 'delivered', 'dead', 'in flight', 'accepted'];

function seconds(value: number | null): string {
  if (value === null) return '–';
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`;
}

function table(reading: Reading): string[] {
  const rows = [...reading.pixels].map(([name, pixel]) => {
    const { consumed, filtered, delivered, dead, accepted } = pixel;
    // The processes are asked one after the other: while events move, a later one knows more.
    const inFlight = Math.max(consumed - filtered - delivered - dead, 0);
    const numbers = [consumed, filtered, delivered, dead, inFlight, accepted];
    return [name === 'none' ? '(no pixel)' : name, ...numbers.map(formatCount)];
  });
  const row = (cells: readonly string[]): string =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(16) : cell.padStart(11))).join('');
  return [row(HEADINGS), ...rows.map(row)];
}

/** The whole picture, for a terminal: the last column is the sandbox's own count. */
export function picture(reading: Reading, produced: number, rate: number): string[] {
  const { requests, batchMean, p50, p99 } = reading;
  const [head = '', ...rows] = table(reading);
  return [
    `produced ${formatCount(produced)}   read ${formatCount(reading.messages)}   ${formatCount(rate)} events/s delivered`,
    `requests ${formatCount(requests)}   mean batch ${formatCount(batchMean)} events   age p50 ${seconds(p50)}, p99 ${seconds(p99)}`,
    '',
    styleText('dim', head),
    ...rows,
  ];
}

/** The same in one plain line. */
export function line(reading: Reading, produced: number, rate: number): string {
  const sum = (pick: (pixel: { filtered: number; delivered: number; dead: number }) => number) =>
    formatCount([...reading.pixels.values()].reduce((total, pixel) => total + pick(pixel), 0));
  return [
    `produced ${formatCount(produced)}`,
    `consumed ${formatCount(reading.messages)}`,
    `filtered ${sum(({ filtered }) => filtered)}`,
    `delivered ${sum(({ delivered }) => delivered)}`,
    `dead ${sum(({ dead }) => dead)}`,
    `${formatCount(rate)} events/s`,
    `age p50 ${seconds(reading.p50)} p99 ${seconds(reading.p99)}`,
    `${formatCount(reading.requests)} requests of ${formatCount(reading.batchMean)} events`,
  ].join(' · ');
}

/** Draws over what it drew before on a terminal; elsewhere prints a plain line now and then. */
export class Screen {
  private drawn = 0;
  private last = 0;
  private static readonly PLAIN_MS = 1000;

  show(reading: Reading, produced: number, rate: number): void {
    if (process.stdout.isTTY) {
      const lines = picture(reading, produced, rate);
      const up = this.drawn === 0 ? '' : `\x1b[${this.drawn}A`;
      process.stdout.write(`${up}${lines.map((each) => `\x1b[2K${each}\n`).join('')}`);
      this.drawn = lines.length;
    } else if (Date.now() - this.last >= Screen.PLAIN_MS) {
      this.last = Date.now();
      process.stdout.write(`${line(reading, produced, rate)}\n`);
    }
  }
}
