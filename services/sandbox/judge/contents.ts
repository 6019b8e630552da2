import { type Fault, isJson, type Json, type Path, parameterFault } from './fault.ts';

const DELIVERY_CATEGORIES: ReadonlySet<unknown> = new Set([
  'in_store',
  'curbside',
  'home_delivery',
]);

const TEXTS = ['title', 'brand', 'category', 'description'] as const;

/** An array of products with an id each. Source: Meta, standard parameters, `contents`. */
export function contents(value: unknown): Fault | null {
  if (!Array.isArray(value)) return parameterFault(['custom_data', 'contents'], 'must be an array');
  for (let at = 0; at < value.length; at++) {
    const product: unknown = value[at];
    if (!isJson(product)) return wrong(at, null, 'must be an object');
    const fault = judgeProduct(product, at);
    if (fault !== null) return fault;
  }
  return null;
}

function judgeProduct(product: Json, at: number): Fault | null {
  const { id, quantity, item_price: price, delivery_category: delivery } = product;
  if (typeof id !== 'string' || id === '') return wrong(at, 'id', 'must be a non-empty string');
  if (quantity !== undefined && !(Number.isSafeInteger(quantity) && (quantity as number) >= 0)) {
    return wrong(at, 'quantity', 'must be an integer of zero or more');
  }
  if (price !== undefined && (typeof price !== 'number' || !Number.isFinite(price))) {
    return wrong(at, 'item_price', 'must be a number');
  }
  for (const field of TEXTS) {
    const text = product[field];
    if (text !== undefined && typeof text !== 'string') return wrong(at, field, 'must be a string');
  }
  if (delivery === undefined) return null;
  return deliveryCategory(delivery, ['custom_data', 'contents', at, 'delivery_category']);
}

export function deliveryCategory(value: unknown, path: Path): Fault | null {
  if (DELIVERY_CATEGORIES.has(value)) return null;
  return parameterFault(path, 'must be one of in_store, curbside, home_delivery');
}

function wrong(at: number, field: string | null, problem: string): Fault {
  const place = ['custom_data', 'contents', at];
  return parameterFault(field === null ? place : [...place, field], problem);
}
