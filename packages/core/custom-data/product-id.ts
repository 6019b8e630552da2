import type { Json } from '../event/track-event.ts';
import { textOf } from '../mapping/scalars.ts';
import { holdsEmail } from '../user-data/personal-data.ts';

/** Names of a product's id, the first that is given. Source: Segment Spec, product object. */
export const ID_PROPERTIES = ['product_id', 'productId', 'id', 'sku'] as const;

/** The id of a product; null when it has none that may be sent. */
export function idOf(product: Json): string | null {
  const property = idPropertyOf(product);
  const id = property === null ? null : textOf(product[property]);
  return id === null || holdsEmail(id) ? null : id;
}

/**
 * The name that its id is under; null when it has none.
 *
 * Spelled out, because a name that is known when it is compiled is found much faster.
 */
export function idPropertyOf(product: Json): (typeof ID_PROPERTIES)[number] | null {
  if (isText(product['product_id'])) return 'product_id';
  if (isText(product['productId'])) return 'productId';
  if (isText(product['id'])) return 'id';
  return isText(product['sku']) ? 'sku' : null;
}

function isText(value: unknown): boolean {
  return value !== undefined && textOf(value) !== null;
}
