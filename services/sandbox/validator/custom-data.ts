import {
  type Fault,
  type FaultPath,
  isJsonObject,
  type JsonObject,
  PURCHASE_WITHOUT_CURRENCY,
  PURCHASE_WITHOUT_VALUE,
  parameterFault,
} from './fault.ts';

type Check = (value: unknown, field: string) => Fault | null;

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

const number: Check = (value, field) =>
  typeof value === 'number' && Number.isFinite(value) ? null : wrong(field, 'must be a number');

const integer: Check = (value, field) =>
  Number.isSafeInteger(value) ? null : wrong(field, 'must be an integer');

const text: Check = (value, field) =>
  typeof value === 'string' ? null : wrong(field, 'must be a string');

/** Either case is taken. Source: Meta, standard parameters, `currency`. */
const currency: Check = (value, field) =>
  typeof value === 'string' && (CURRENCIES.has(value) || CURRENCIES.has(value.toUpperCase()))
    ? null
    : wrong(field, 'must be a valid ISO 4217 currency code');

const contentIds: Check = (value, field) => {
  if (!Array.isArray(value)) return wrong(field, 'must be an array');
  const at = value.findIndex((id) => typeof id !== 'string');
  return at === -1 ? null : parameterFault(['custom_data', field, at], 'must be a string');
};

/** Other keys are free. Source: Meta, standard parameters (custom data). */
const FIELDS: ReadonlyMap<string, Check> = new Map([
  ['value', number],
  ['currency', currency],
  ['content_ids', contentIds],
  ['contents', contents],
  ['content_type', text],
  ['content_name', text],
  ['content_category', text],
  ['num_items', integer],
  ['order_id', text],
  ['search_string', text],
  ['status', text],
  ['predicted_ltv', number],
  ['net_revenue', number],
  ['delivery_category', (value) => deliveryCategory(value, ['custom_data', 'delivery_category'])],
]);

function wrong(field: string, problem: string): Fault {
  return parameterFault(['custom_data', field], problem);
}

export function customData(event: JsonObject): Fault | null {
  const data = event['custom_data'];
  if (data === undefined) return null;
  if (!isJsonObject(data)) return parameterFault(['custom_data'], 'must be an object');
  for (const field in data) {
    const fault = FIELDS.get(field)?.(data[field], field) ?? null;
    if (fault !== null) return fault;
  }
  return null;
}

/** Source: Meta, standard events, Purchase: "currency and value are required". */
export function purchase(event: JsonObject): Fault | null {
  if (event['event_name'] !== 'Purchase') return null;
  const data = event['custom_data'] as JsonObject | undefined;
  if (data?.['value'] === undefined) return PURCHASE_WITHOUT_VALUE;
  return data['currency'] === undefined ? PURCHASE_WITHOUT_CURRENCY : null;
}

const DELIVERY_CATEGORIES: ReadonlySet<unknown> = new Set([
  'in_store',
  'curbside',
  'home_delivery',
]);

const TEXTS = ['title', 'brand', 'category', 'description'] as const;

/** An array of products with an id each. Source: Meta, standard parameters, `contents`. */
function contents(value: unknown): Fault | null {
  if (!Array.isArray(value)) return parameterFault(['custom_data', 'contents'], 'must be an array');
  for (let at = 0; at < value.length; at++) {
    const product: unknown = value[at];
    if (!isJsonObject(product))
      return parameterFault(['custom_data', 'contents', at], 'must be an object');
    const fault = validateProduct(product, at);
    if (fault !== null) return fault;
  }
  return null;
}

function validateProduct(product: JsonObject, at: number): Fault | null {
  const { id, quantity, item_price: price, delivery_category: delivery } = product;
  const wrong = (field: string, problem: string): Fault =>
    parameterFault(['custom_data', 'contents', at, field], problem);
  if (typeof id !== 'string' || id === '') return wrong('id', 'must be a non-empty string');
  if (quantity !== undefined && !(Number.isSafeInteger(quantity) && (quantity as number) >= 0)) {
    return wrong('quantity', 'must be an integer of zero or more');
  }
  if (price !== undefined && (typeof price !== 'number' || !Number.isFinite(price))) {
    return wrong('item_price', 'must be a number');
  }
  for (const field of TEXTS) {
    const text = product[field];
    if (text !== undefined && typeof text !== 'string') return wrong(field, 'must be a string');
  }
  if (delivery === undefined) return null;
  return deliveryCategory(delivery, ['custom_data', 'contents', at, 'delivery_category']);
}

function deliveryCategory(value: unknown, path: FaultPath): Fault | null {
  if (DELIVERY_CATEGORIES.has(value)) return null;
  return parameterFault(path, 'must be one of in_store, curbside, home_delivery');
}
