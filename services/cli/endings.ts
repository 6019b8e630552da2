import { EXIT } from '#process/command.ts';
import { LockError } from '#store/dead-letters/lock.ts';

/** How a command that works on dead letters can end. */
export const ENDINGS = {
  ...EXIT,
  nothingMatched: 3,
  /** Finished, but some were skipped or refused; the numbers are printed. */
  incomplete: 4,
  /** A safety rule, or the person who was asked, says no. */
  refused: 5,
  unreachable: 6,
  interrupted: 130,
} as const;

/** Ends a command with words for its user and an exit code. */
export class Ending extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'Ending';
    this.code = code;
  }
}

/** Runs a command until it is done, or until an {@link Ending} ends it. */
export async function untilEnding(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Ending || error instanceof LockError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return error instanceof LockError ? ENDINGS.refused : error.code;
  }
}

export const ENDINGS_HELP = `
Exit codes:
  0 done   1 failed   2 wrong usage or configuration   3 nothing matched
  4 finished, some were skipped or refused   5 refused by a safety rule or by you
  6 Redis cannot be reached   130 interrupted`;
