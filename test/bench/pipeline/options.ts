import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly events: number;
  readonly rounds: number;
  /** A commit to compare with, as it was named. */
  readonly base: string | null;
  /** Where to write the results for programs. */
  readonly json: string | null;
}

export const USAGE = `usage: node test/bench/pipeline/main.ts [--events 200000] [--rounds 5] [--base COMMIT] [--json FILE]

example: make bench BASE=main JSON=.local/bench.json

exit codes: 0 measured, and nothing got worse; 1 failed; 2 wrong usage; with --base also
3 ingest and worker cost more CPU than at the base; 4 that cannot be told
`;

/** Wrong usage, in words for the person who typed it. */
export class UsageError extends Error {}

/** @throws UsageError that says what is wrong */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parsed(args);
  if (values.help) return 'help';
  return {
    events: whole('--events', values.events, 1000, 5_000_000),
    rounds: whole('--rounds', values.rounds, 1, 100),
    base: named('--base', 'a commit, such as main or HEAD~1', values.base),
    json: named('--json', 'a file', values.json),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        events: { type: 'string', default: '200000' },
        rounds: { type: 'string', default: '5' },
        base: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function whole(option: string, text: string, lowest: number, highest: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= lowest && value <= highest) return value;
  throw new UsageError(
    `${option} is "${text}": it takes a whole number from ${lowest} to ${highest}`,
  );
}

function named(option: string, what: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (text === '' || text.startsWith('-')) throw new UsageError(`${option} needs ${what}`);
  return text;
}
