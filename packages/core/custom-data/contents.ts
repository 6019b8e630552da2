import type { PixelSettings } from '../event/pixel-settings.ts';
import { asObject, type Json } from '../event/track-event.ts';
import { fieldReader, type ReadValue } from '../fields/field-reader.ts';
import { type Draft, warn } from '../mapping/draft.ts';
import { countOf, isAbsent, numberOf, textOf } from '../mapping/scalars.ts';
import { holdsEmail } from '../privacy/personal-data.ts';

/** Other fields of an item. Source: Meta, standard parameters, `contents`. */
const TEXTS = ['title', 'brand', 'category', 'description'] as const;

const DELIVERY_CATEGORIES: ReadonlySet<unknown> = new Set([
  'in_store',
  'curbside',
  'home_delivery',
]);

type Item = Record<string, unknown>;

/** The position of an item; null where the event is the product. */
type Place = { readonly list: string; readonly at: number } | null;

/** Built only for a warning: nearly all items have none. */
function pathOf(place: Place): string {
  return place === null ? 'properties' : `${place.list}[${place.at}]`;
}

/** Meta's delivery categories, exactly. Source: Meta, standard parameters, `delivery_category`. */
export function isDeliveryCategory(value: unknown): boolean {
  return DELIVERY_CATEGORIES.has(value);
}

/**
 * `contents`, `content_ids`, `content_type` and `num_items`, from `products`; from `contents`, where the
 * sender uses Meta's format; or, for an event of one product, from the event.
 * Source: Segment, "Default mappings to Facebook properties", `properties.products`.
 */
export function createContents(
  settings: Pick<
    PixelSettings,
    'roundItemPrices' | 'contentsFromProduct' | 'customDataDenyList' | 'fields'
  >,
): (draft: Draft) => void {
  const { roundItemPrices: round, contentsFromProduct, customDataDenyList } = settings;
  const own = fieldReader(settings.fields, 'contents', takeList(round), 'custom_data.contents');
  if (own !== null) return own;
  const readsProducts = !customDataDenyList.includes('products');
  const readsContents = !customDataDenyList.includes('contents');
  return (draft) => {
    const { products, contents } = draft.event.properties;
    if (readsProducts && !isAbsent(products)) {
      list(draft, products, 'properties.products', round, []);
    } else if (readsContents && !isAbsent(contents)) {
      list(draft, contents, 'properties.contents', round, TEXTS);
    } else if (contentsFromProduct && draft.isPrePurchase) {
      single(draft, round);
    }
  };
}

/** Takes the list that the pixel names, with every field of an item that Meta knows. */
function takeList(round: boolean): ReadValue<Draft, true> {
  return (draft, value, path) => (list(draft, value, path, round, TEXTS) ? true : undefined);
}

/** False where the list has no item that may be sent. */
function list(
  draft: Draft,
  products: unknown,
  path: string,
  round: boolean,
  texts: readonly string[],
): boolean {
  if (!Array.isArray(products)) {
    warn(draft, 'invalid_products', path);
    return false;
  }
  draft.custom['num_items'] = products.length;
  const items: Item[] = [];
  for (let at = 0; at < products.length; at++) {
    const item = itemOf(draft, products[at], { list: path, at }, round, texts);
    if (item !== null) items.push(item);
  }
  put(draft, items, path);
  return items.length > 0;
}

/** The event of one product is the product; its properties stay in custom_data too. */
function single(draft: Draft, round: boolean): void {
  const { properties } = draft.event;
  if (idPropertyOf(properties) === null) return;
  const item = itemOf(draft, properties, null, round, []);
  if (item !== null) put(draft, [item], 'properties');
}

function put(draft: Draft, items: readonly Item[], path: string): void {
  if (items.length === 0) return;
  draft.custom['contents'] = items;
  draft.custom['content_ids'] = items.map((item) => item['id']);
  draft.custom['content_type'] = 'product';
  draft.trace?.('custom_data.contents', path);
}

function itemOf(
  draft: Draft,
  value: unknown,
  place: Place,
  round: boolean,
  texts: readonly string[],
): Item | null {
  const product = asObject(value);
  const id = product === null ? null : idOf(product);
  if (product === null || id === null) {
    warn(draft, 'invalid_product', pathOf(place));
    return null;
  }
  const item: Item = { id };
  addQuantity(draft, item, product, place);
  addPrice(draft, item, product, place, round);
  const delivery = product['delivery_category'];
  if (isDeliveryCategory(delivery)) item['delivery_category'] = delivery;
  for (const name of texts) {
    const text = textOf(product[name]);
    if (text === null) continue;
    if (holdsEmail(text)) warn(draft, 'personal_data_removed', `${pathOf(place)}.${name}`);
    else item[name] = text;
  }
  return item;
}

function addQuantity(draft: Draft, item: Item, product: Json, place: Place): void {
  const value = product['quantity'];
  if (isAbsent(value)) return;
  const quantity = countOf(value);
  if (quantity === null) warn(draft, 'invalid_product', `${pathOf(place)}.quantity`);
  else item['quantity'] = quantity;
}

/**
 * A number with decimals, which Meta accepts; rounding would lose money. The setting follows Segment's
 * table literally: "must be an integer".
 */
function addPrice(draft: Draft, item: Item, product: Json, place: Place, round: boolean): void {
  const name = isAbsent(product['price']) ? 'item_price' : 'price';
  const value = product[name];
  if (isAbsent(value)) return;
  const price = numberOf(value);
  if (price === null) warn(draft, 'invalid_product', `${pathOf(place)}.${name}`);
  else item['item_price'] = round ? Math.round(price) : price;
}

/** The id of a product; null when it has none that may be sent. */
function idOf(product: Json): string | null {
  const property = idPropertyOf(product);
  const id = property === null ? null : textOf(product[property]);
  return id === null || holdsEmail(id) ? null : id;
}

/**
 * The name that its id is under, the first that is given; null when it has none.
 * Source: Segment Spec, product object.
 *
 * Spelled out, because a name that is known when it is compiled is found much faster.
 */
function idPropertyOf(product: Json): 'product_id' | 'productId' | 'id' | 'sku' | null {
  if (isText(product['product_id'])) return 'product_id';
  if (isText(product['productId'])) return 'productId';
  if (isText(product['id'])) return 'id';
  return isText(product['sku']) ? 'sku' : null;
}

function isText(value: unknown): boolean {
  return value !== undefined && textOf(value) !== null;
}
