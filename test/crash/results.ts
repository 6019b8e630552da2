import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence } from './proof.ts';

/** One run of one proof, as a line of the results. */
export interface Result extends Evidence {
  readonly proof: string;
  readonly promise: string;
  readonly seed: string;
  /** ISO date and time. */
  readonly at: string;
  readonly seconds: number;
  /** Why a run did not hold, and what was done about it: written by a person before it is published. */
  readonly explained?: { readonly cause: string; readonly fix: string };
}

export const RESULTS = join(import.meta.dirname, '../../docs/proofs.jsonl');

export function append(result: Result): void {
  appendFileSync(RESULTS, `${JSON.stringify(result)}\n`);
}

/** Every result there is, the oldest first. */
export function readResults(): Result[] {
  if (!existsSync(RESULTS)) return [];
  const lines = readFileSync(RESULTS, 'utf8').trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Result);
}
