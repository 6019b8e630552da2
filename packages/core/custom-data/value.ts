import type { PixelSettings } from '../event/pixel-settings.ts';
import { fieldReader, type ReadValue } from '../fields/field-reader.ts';
import { type Draft, warn } from '../mapping/draft.ts';
import { isAbsent, numberOf } from '../mapping/scalars.ts';

/**
 * Events of one product before a purchase, by the Segment name, whatever Meta calls them.
 * Source: Segment, "Alternative value properties".
 */
const PRE_PURCHASE = new Set(['product viewed', 'product added']);

/** @param segmentName in lower case without outer spaces */
export function isPrePurchaseName(segmentName: string): boolean {
  return PRE_PURCHASE.has(segmentName);
}

/**
 * Properties with the value of any event: Segment's name, and Meta's.
 * Source: Segment, "Default mappings to Facebook properties", `properties.revenue`.
 */
export const VALUE_PROPERTIES: readonly string[] = ['revenue', 'value'];

/** The property named by "Value Field Identifier". */
function valueProperty(identifier: string): string {
  return identifier.trim().replace(/^(?:\$\.)?properties\./, '');
}

/**
 * `custom_data.value`: the revenue; before a purchase the property that the pixel names, with the
 * revenue as fallback.
 */
export function createValue({
  valueFieldIdentifier: identifier,
  fields,
}: Pick<PixelSettings, 'valueFieldIdentifier' | 'fields'>): (draft: Draft) => void {
  const own = fieldReader(fields, 'value', putValue, 'custom_data.value');
  if (own !== null) return own;
  const property = valueProperty(identifier);
  return (draft) => {
    const { properties } = draft.event;
    if (draft.isPrePurchase && takeValue(draft, properties[property], property)) return;
    if (takeValue(draft, properties['revenue'], 'revenue')) return;
    takeValue(draft, properties['value'], 'value');
  };
}

function takeValue(draft: Draft, value: unknown, property: string): boolean {
  if (isAbsent(value)) return false;
  const path = `properties.${property}`;
  if (putValue(draft, value, path) === undefined) return false;
  draft.trace?.('custom_data.value', path);
  return true;
}

const putValue: ReadValue<Draft, number> = (draft, value, path) => {
  const number = numberOf(value);
  if (number === null) warn(draft, 'invalid_number', path);
  else draft.custom['value'] = number;
  return number ?? undefined;
};

/**
 * The currency of an event: undefined where it names none, null where it names one that does not exist.
 * Source: Segment, "Default mappings to Facebook properties", `properties.currency`.
 */
export function createCurrency(
  fields: PixelSettings['fields'],
): (draft: Draft) => string | null | undefined {
  const own = fieldReader(fields, 'currency', readCurrency, 'custom_data.currency');
  if (own !== null) return own;
  return (draft) => {
    const given = draft.event.properties['currency'];
    if (isAbsent(given)) return undefined;
    const currency = currencyOf(given);
    if (currency !== null) draft.trace?.('custom_data.currency', 'properties.currency');
    return currency;
  };
}

const readCurrency: ReadValue<Draft, string> = (draft, value, path) => {
  const currency = currencyOf(value);
  if (currency === null) warn(draft, 'invalid_property', path);
  return currency ?? undefined;
};

/**
 * Codes of currencies in use, and of those withdrawn lately.
 * Source: ISO 4217, as Unicode CLDR keeps it.
 */
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

const CODE_LENGTH = 3;

/**
 * A valid ISO 4217 code in upper case; otherwise null.
 * Source: Meta, standard parameters, `currency`.
 */
export function currencyOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (value.length === CODE_LENGTH && CURRENCIES.has(value)) return value;
  const code = value.trim().toUpperCase();
  return CURRENCIES.has(code) ? code : null;
}
