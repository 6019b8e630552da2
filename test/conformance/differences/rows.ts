import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Library } from './libraries.ts';
import type { Result } from './result.ts';

/** One difference: what is fed in, what we and a library of Meta's make of it, and why. */
export interface Row {
  readonly field: string;
  readonly input: unknown;
  /** Of the address, where the event names one; the libraries do not ask. */
  readonly country?: string;
  readonly library: Library;
  readonly ours: Result;
  readonly theirs: Result;
  /** A key of reasons.json. */
  readonly reason: string;
}

export interface Reason {
  readonly because: string;
  readonly source: string;
}

/** A value to compare, and the country of the address where there is one. */
export interface Feed {
  readonly input: unknown;
  readonly country?: string;
}

/** One row a line, so that a change of one is a change of one line. */
export function readRows(): readonly Row[] {
  const lines = text('differences.jsonl').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Row);
}

export function readReasons(): Readonly<Record<string, Reason>> {
  return JSON.parse(text('reasons.json')) as Record<string, Reason>;
}

/** What is fed in, by field. */
export function readInputs(): Readonly<Record<string, readonly Feed[]>> {
  const fields = JSON.parse(text('inputs.json')) as Record<string, readonly unknown[]>;
  return Object.fromEntries(
    Object.entries(fields).map(([field, values]) => [field, values.map(feedOf)]),
  );
}

function feedOf(value: unknown): Feed {
  const hasCountry = typeof value === 'object' && value !== null && 'country' in value;
  return hasCountry ? (value as unknown as Feed) : { input: value };
}

function text(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8');
}
