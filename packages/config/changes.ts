import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from './configuration.ts';

/** What a process reads once, when it starts. */
const READ_AT_START = [
  'kafka',
  'redis',
  'graphApi',
  'sealing',
  'ingest',
  'worker',
  'deadLetters',
  'control',
  'metrics',
  'tracing',
] as const satisfies readonly (keyof Configuration)[];

/** The sections that differ and that take effect only after a restart. */
export function changesForRestart(before: Configuration, after: Configuration): string[] {
  return READ_AT_START.filter((section) => !isDeepStrictEqual(before[section], after[section]));
}
