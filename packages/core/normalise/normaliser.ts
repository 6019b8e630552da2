import type { WarningCode } from '../event/warning.ts';

/** What is known about the person besides the value itself. */
export interface Hints {
  /** ISO 3166-1 alpha-2 in lower case: the address's country, else the pixel's default. */
  readonly country: string | null;
  /** Unix ms. */
  readonly now: number;
}

/** A value that must be mended by its sender: what to send all the same, if anything, and why. */
export interface Doubt {
  readonly value: string | null;
  readonly code: WarningCode;
}

/**
 * Makes one value canonical, so that the same person always has the same hash.
 *
 * It is given a trimmed, non-empty value that is no hash yet. An empty answer says that nothing of
 * it is left. Doing it twice changes nothing.
 */
export type Normaliser = (value: string, hints: Hints) => string | Doubt;
