import { EXIT } from '#process/command.ts';

/** Exit codes of the commands that work on dead letters. */
export const EXIT_CODES = {
  ...EXIT,
  nothingMatched: 3,
  /** Finished, but some were skipped or refused, or have no answer; the numbers are printed. */
  incomplete: 4,
  /** Refused by a safety rule, or by the user when asked. */
  refused: 5,
  unreachable: 6,
  interrupted: 130,
} as const;

/** Ends a command with a message for its user and an exit code. */
export class ExitError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'ExitError';
    this.code = code;
  }
}

export const EXIT_CODES_HELP = `
Exit codes:
  0 done   1 failed   2 wrong usage or configuration   3 nothing matched
  4 finished, some were skipped, refused or have no answer   5 refused by a safety rule or by you
  6 Redis cannot be reached   130 interrupted`;

/** Of what only shows: an empty list is an answer. */
export const SHOWING_EXIT_CODES_HELP = `
Exit codes:
  0 done, also where nothing matched   1 failed   2 wrong usage or configuration
  4 finished, some could not be read   6 Redis cannot be reached`;
