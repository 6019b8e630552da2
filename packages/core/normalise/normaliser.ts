import type { WarningCode } from '../event/warning.ts';

/** What is known about the person besides the value. */
export interface Hints {
  /** ISO 3166-1 alpha-2 in lower case: the address's country, else the pixel's default. */
  readonly country: string | null;
  /** Unix ms. */
  readonly now: number;
}

/** A value that its sender should fix: what is sent anyway, if anything, and the warning. */
export interface FlaggedValue {
  readonly value: string | null;
  readonly code: WarningCode;
}

/**
 * Makes one value canonical, so that the same person always has the same hash.
 *
 * The value is trimmed, not empty and not a hash. An empty result means that nothing of it is left.
 * Normalising is idempotent.
 */
export type Normaliser = (value: string, hints: Hints) => string | FlaggedValue;

/**
 * What programs and forms write for a missing value, in exactly these spellings: Null, Nan and NA are
 * names of people and places.
 */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  ...['null', 'NULL', '(null)', '<null>', 'nil', 'undefined', 'NaN', 'None', 'none', 'NONE'],
  ...['[object Object]', 'N/A', 'n/a', 'unknown', 'Unknown', 'UNKNOWN', '(not set)'],
]);

const LONGEST = 15;

const PLACEHOLDER: FlaggedValue = { value: null, code: 'placeholder_value' };

/** True for a placeholder of a missing value. */
export function isPlaceholder(text: string): boolean {
  return text.length <= LONGEST && PLACEHOLDERS.has(text);
}

/**
 * A normaliser that rejects placeholders: thousands of people would share the hash of `undefined`, and
 * Meta would take them for one person.
 * Source: Meta, best practices, `external_id`: "unique"; Meta does not reject such values.
 */
export function exceptPlaceholders(normalise: Normaliser): Normaliser {
  return (value, hints) => (isPlaceholder(value) ? PLACEHOLDER : normalise(value, hints));
}

/** How many values of a field are cached: about those of the current visits. */
const MOST = 4096;

/**
 * A normaliser that caches its results: the events of a visit repeat the same person, and a lookup costs
 * a tenth of normalising. For results that depend on the value alone.
 *
 * The cached values are personal. Like the events, they exist in memory only.
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

/** The same for results that depend on the value and the country. */
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
