import { styleText } from 'node:util';
import type { Finding } from './finding.ts';

const MARKS = {
  ok: ['green', 'ok  '],
  warning: ['yellow', 'warn'],
  failure: ['red', 'FAIL'],
} as const;

/** The findings for people: a line each, the mend below what needs one, and a sentence at the end. */
export function render(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const lines = findings.map(({ level, subject, message, mend }) => {
    const [colour, mark] = MARKS[level];
    const line = `${styleText(colour, mark)}  ${subject.padEnd(width)}  ${message}`;
    return mend === '' ? line : `${line}\n      ${' '.repeat(width)}→ ${mend}`;
  });
  const count = (level: Finding['level']) => findings.filter((each) => each.level === level).length;
  const [failures, warnings] = [count('failure'), count('warning')];
  const verdict =
    failures > 0
      ? `${failures} of ${findings.length} looks failed.`
      : `Ready${warnings > 0 ? `, with ${warnings} warnings` : ''}.`;
  return `${['ok    configuration is valid', ...lines, '', verdict].join('\n')}\n`;
}
