import { styleText } from 'node:util';
import { plural } from '#core/text/format.ts';
import { printable, wrapped } from '../output/text.ts';
import type { SendReport } from './send.ts';

const INDENT = '    ';

const COLOURS = {
  delivered: 'green',
  filter: 'yellow',
  throttled: 'yellow',
  retry: 'yellow',
  blocked: 'red',
  rejected: 'red',
  reject: 'red',
} as const;

/** One event: what became of it, Meta's own words, and what to do. */
export function renderReport(report: SendReport, columns: number): string {
  const { line, outcome, pixelId, eventName, eventId, reason, message, todo } = report;
  const title = [
    styleText('dim', `line ${line}`),
    eventName === null ? '' : styleText('bold', printable(eventName)),
    styleText(COLOURS[outcome], reason === null ? outcome : `${outcome}: ${reason}`),
    pixelId === null ? '' : styleText('dim', `pixel ${pixelId}`),
  ];
  const say = (text: string): string => wrapped(printable(text), columns, INDENT);
  return [
    `${title.filter((part) => part !== '').join('  ')}\n`,
    say(message),
    // Without an answer, the message says it all.
    report.error === null || report.error.status === 0 ? '' : say(errorLine(report.error)),
    eventId === null ? '' : say(`event_id ${eventId}`),
    report.traceId === null ? '' : say(`trace id ${report.traceId}`),
    ...report.remarks.map((remark) => say(`Meta remarks: ${remark}`)),
    ...report.warnings.map(({ path, message: text }) => say(`warning, ${path}: ${text}`)),
    todo === '' ? '' : say(`→ ${todo}`),
  ].join('');
}

function errorLine({ status, code, subcode, message }: NonNullable<SendReport['error']>): string {
  const number = code === null ? `HTTP ${status}` : `code ${code}`;
  return `Meta answers ${number}${subcode === null ? '' : `/${subcode}`}: ${message}`;
}

/** How the events ended, in one line. */
export function renderOutcomes(reports: readonly SendReport[]): string {
  const counts = Object.keys(COLOURS).flatMap((outcome) => {
    const count = reports.filter((report) => report.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${outcome}`];
  });
  return `${plural(reports.length, 'answer')}: ${counts.join(', ')}.\n`;
}
