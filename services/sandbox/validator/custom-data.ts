import {
  arrayOf,
  type FieldCheck,
  filledString,
  integer,
  must,
  number,
  object,
  oneOf,
  optional,
  string,
  within,
} from './checks.ts';
import {
  type Fault,
  type JsonObject,
  PURCHASE_WITHOUT_CURRENCY,
  PURCHASE_WITHOUT_VALUE,
} from './fault.ts';

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Either case is taken. Source: Meta, standard parameters, `currency`. */
const currency = must(
  'must be a valid ISO 4217 currency code',
  (value) =>
    typeof value === 'string' && (CURRENCIES.has(value) || CURRENCIES.has(value.toUpperCase())),
);

const deliveryCategory = oneOf(['in_store', 'curbside', 'home_delivery']);

const productFields = optional({
  quantity: must(
    'must be an integer of zero or more',
    (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  ),
  item_price: number,
  title: string,
  brand: string,
  category: string,
  description: string,
  delivery_category: deliveryCategory,
});

/** Source: Meta, standard parameters, `contents`: products with an id each. */
const product = object(
  (fields) => within('id', filledString(fields['id'], 'id')) ?? productFields(fields),
);

/** Other keys are free. Source: Meta, standard parameters (custom data). */
const FIELDS: ReadonlyMap<string, FieldCheck> = new Map([
  ['value', number],
  ['currency', currency],
  ['content_ids', arrayOf(string)],
  ['contents', arrayOf(product)],
  ['content_type', string],
  ['content_name', string],
  ['content_category', string],
  ['num_items', integer],
  ['order_id', string],
  ['search_string', string],
  ['status', string],
  ['predicted_ltv', number],
  ['net_revenue', number],
  ['delivery_category', deliveryCategory],
]);

export const customData = optional({
  custom_data: object((data) => {
    for (const field in data) {
      const fault = FIELDS.get(field)?.(data[field], field) ?? null;
      if (fault !== null) return within(field, fault);
    }
    return null;
  }),
});

/** Source: Meta, standard events, Purchase: "currency and value are required". */
export function purchase(event: JsonObject): Fault | null {
  if (event['event_name'] !== 'Purchase') return null;
  const data = event['custom_data'] as JsonObject | undefined;
  if (data?.['value'] === undefined) return PURCHASE_WITHOUT_VALUE;
  return data['currency'] === undefined ? PURCHASE_WITHOUT_CURRENCY : null;
}
