import type { Doubt, Normaliser } from './normaliser.ts';

/**
 * What programs and forms write where there is no value. Exactly these spellings: Null, Nan and
 * NA are names of people and places.
 */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  ...['null', 'NULL', '(null)', '<null>', 'nil', 'undefined', 'NaN', 'None', 'none', 'NONE'],
  ...['[object Object]', 'N/A', 'n/a', 'unknown', 'Unknown', 'UNKNOWN', '(not set)'],
]);

const LONGEST = 15;

const PLACEHOLDER: Doubt = { value: null, code: 'placeholder_value' };

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
