import { styleText } from 'node:util';
import { plural } from '#core/text/format.ts';

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
    styleText('green', `${deliver} to deliver`) +
      (warnings === 0 ? '' : ` (with ${plural(warnings, 'warning')})`),
    filter > 0 ? styleText('yellow', `${filter} filtered`) : '',
    reject > 0 ? styleText('red', `${reject} rejected`) : '',
  ];
  const read = `${plural(lines, 'line')}: `;
  const words = parts.filter((part) => part !== '').join(', ');
  return `${read}${words}.\n`;
}
