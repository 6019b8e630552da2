/**
 * Codes of currencies in use, and of those withdrawn lately.
 * Source: ISO 4217, as Unicode CLDR keeps it.
 */
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

const CODE_LENGTH = 3;

/**
 * A valid ISO 4217 code in upper case; null when it is none.
 * Source: Meta, standard parameters, `currency`.
 */
export function currencyOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (value.length === CODE_LENGTH && CURRENCIES.has(value)) return value;
  const code = value.trim().toUpperCase();
  return CURRENCIES.has(code) ? code : null;
}
