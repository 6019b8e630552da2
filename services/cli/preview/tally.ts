import { styleText } from 'node:util';

/** What became of the lines so far. */
export interface Tally {
  lines: number;
  deliver: number;
  filter: number;
  reject: number;
  /** Of delivered events. */
  warnings: number;
}

export function newTally(): Tally {
  return { lines: 0, deliver: 0, filter: 0, reject: 0, warnings: 0 };
}

/** One line that sums up what was shown. */
export function summaryOf({ lines, deliver, filter, reject, warnings }: Tally): string {
  if (lines === 0) return 'No line to preview: give a file, or events on standard input.\n';
  const parts = [
    styleText('green', `${deliver} to deliver`) + warned(warnings),
    filter > 0 ? styleText('yellow', `${filter} filtered`) : '',
    reject > 0 ? styleText('red', `${reject} rejected`) : '',
  ];
  const read = `${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'}: `;
  const words = parts.filter((part) => part !== '').join(', ');
  return `${read}${words}.\n`;
}

function warned(warnings: number): string {
  if (warnings === 0) return '';
  return ` (with ${warnings} ${warnings === 1 ? 'warning' : 'warnings'})`;
}
