import { asObject, type Json } from '../event/track-event.ts';
import { isAbsent } from '../mapping/scalars.ts';
import { faultIn, ParseFault } from '../text/parse-fault.ts';
import { parsePath, readFieldPath } from './field-path.ts';
import { parseText, type Source } from './source.ts';

/**
 * Fields of an item of `contents` → the names under which an item of a Track event has them by default.
 * Source: Meta, standard parameters, `contents`; Segment Spec, product object.
 */
const ITEM_FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['id', ['product_id', 'productId', 'id', 'sku']],
  ['quantity', ['quantity']],
  ['item_price', ['price', 'item_price']],
  ['delivery_category', ['delivery_category']],
  ['title', ['title']],
  ['brand', ['brand']],
  ['category', ['category']],
  ['description', ['description']],
]);

type ItemSources = readonly (readonly [field: string, sources: readonly Source[]])[];

/**
 * `{ each: properties.line_items, id: [variant_id, sku], item_price: price }`: the items of a list under
 * Meta's names. A field that is not named is read from its usual names.
 * @throws ParseFault
 */
export function parseItems({ each, ...fields }: Json): Source {
  if (typeof each !== 'string') {
    throw new ParseFault('needs a list', 'write { each: properties.line_items, id: sku }');
  }
  const list = parsePath(each);
  const sources = Object.entries(fields).map(
    ([field, written]) => [field, parseItemField(field, written)] as const,
  );
  const own = new Set(sources.map(([field]) => field));
  const usual = [...ITEM_FIELDS].flatMap(([field, names]) => (own.has(field) ? [] : names));
  const below = sources.flatMap(([, found]) => found.flatMap(({ reads }) => reads));
  return {
    ...{ kind: 'items', origin: each.trim(), path: each.trim() },
    reads: [list, ...below.map((path) => [...list, ...path])],
    read: (event) => itemsOf(readFieldPath(event, list), usual, sources),
  };
}

function parseItemField(field: string, written: unknown): Source[] {
  if (!ITEM_FIELDS.has(field)) {
    const fix = `use some of each, ${[...ITEM_FIELDS.keys()].join(', ')}`;
    throw new ParseFault(`has an unknown key: ${field}`, fix);
  }
  return faultIn(`has a ${field} that`, () =>
    [written].flat().map((each) => {
      if (typeof each === 'string') return parseText(each);
      throw new ParseFault('is not a path', 'write a path within an item, such as variant.sku');
    }),
  );
}

function itemsOf(list: unknown, usual: readonly string[], sources: ItemSources): unknown {
  return Array.isArray(list)
    ? list.map((item) => itemOf(asObject(item) ?? {}, usual, sources))
    : list;
}

function itemOf(item: Json, usual: readonly string[], sources: ItemSources): Json {
  const found: Record<string, unknown> = {};
  for (const name of usual) if (item[name] !== undefined) found[name] = item[name];
  for (const [field, each] of sources) {
    const source = each.find(({ read }) => !isAbsent(read(item)));
    if (source !== undefined) found[field] = source.read(item);
  }
  return found;
}
