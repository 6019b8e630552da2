import type { WarningCode } from '../event/warning.ts';

/** What is known about the person besides the value itself. */
export interface Hints {
  /** ISO 3166-1 alpha-2 in lower case: the address's country, else the pixel's default. */
  readonly country: string | null;
  /** Unix ms. */
  readonly now: number;
}

/** A value that must be mended by its sender: what to send all the same, if anything, and why. */
export interface FlaggedValue {
  readonly value: string | null;
  readonly code: WarningCode;
}

/**
 * Makes one value canonical, so that the same person always has the same hash.
 *
 * It is given a trimmed, non-empty value that is no hash yet. An empty answer says that nothing of
 * it is left. Doing it twice changes nothing.
 */
export type Normaliser = (value: string, hints: Hints) => string | FlaggedValue;

/**
 * What programs and forms write where there is no value. Exactly these spellings: Null, Nan and
 * NA are names of people and places.
 */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  ...['null', 'NULL', '(null)', '<null>', 'nil', 'undefined', 'NaN', 'None', 'none', 'NONE'],
  ...['[object Object]', 'N/A', 'n/a', 'unknown', 'Unknown', 'UNKNOWN', '(not set)'],
]);

const LONGEST = 15;

const PLACEHOLDER: FlaggedValue = { value: null, code: 'placeholder_value' };

/** True for a text that says that there is no value. */
export function isPlaceholder(text: string): boolean {
  return text.length <= LONGEST && PLACEHOLDERS.has(text);
}

/**
 * The same normaliser without placeholders: thousands of people would share the hash of `undefined`,
 * and Meta would take them for one.
 * Source: Meta, best practices, `external_id`: "unique"; Meta refuses no such value.
 */
export function exceptPlaceholders(normalise: Normaliser): Normaliser {
  return (value, hints) => (isPlaceholder(value) ? PLACEHOLDER : normalise(value, hints));
}

/** Values remembered of a field: those of the visits that are going on, about. */
const MOST = 4096;

/**
 * The same normaliser, which remembers its latest answers: the events of a visit repeat the same
 * person, and looking an answer up costs a tenth of finding it. For answers that follow from the
 * value alone.
 *
 * What is remembered is personal, and stays where the events themselves are: in memory, and nowhere else.
 */
export function memoize(normalise: Normaliser): Normaliser {
  const answers = new Map<string, string | FlaggedValue>();
  return (value, hints) => {
    const known = answers.get(value);
    if (known !== undefined) return known;
    if (answers.size >= MOST) answers.clear();
    const answer = normalise(value, hints);
    answers.set(value, answer);
    return answer;
  };
}

/** The same for answers that follow from the value and the country. */
export function memoizeByCountry(normalise: Normaliser): Normaliser {
  const countries = new Map<string | null, Normaliser>();
  return (value, hints) => {
    let remembered = countries.get(hints.country);
    if (remembered === undefined) {
      remembered = memoize(normalise);
      countries.set(hints.country, remembered);
    }
    return remembered(value, hints);
  };
}
