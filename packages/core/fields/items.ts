import { asObject, type Json } from '../event/track-event.ts';
import { isAbsent } from '../mapping/scalars.ts';
import { isFault, parsePath, readFieldPath, type SourceFault } from './field-path.ts';
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
 */
export function parseItems({ each, ...fields }: Json): Source | SourceFault {
  if (typeof each !== 'string') {
    return { message: 'needs a list', fix: 'write { each: properties.line_items, id: sku }' };
  }
  const list = parsePath(each);
  if (isFault(list)) return list;
  const sources = sourcesOf(fields);
  if (isFault(sources)) return sources;
  const own = new Set(sources.map(([field]) => field));
  const usual = [...ITEM_FIELDS].flatMap(([field, names]) => (own.has(field) ? [] : names));
  const below = sources.flatMap(([, found]) => found.flatMap(({ reads }) => reads));
  return {
    ...{ kind: 'items', origin: each.trim(), path: each.trim() },
    reads: [list, ...below.map((path) => [...list, ...path])],
    read: (event) => itemsOf(readFieldPath(event, list), usual, sources),
  };
}

function sourcesOf(fields: Json): ItemSources | SourceFault {
  const sources: [string, Source[]][] = [];
  for (const [field, written] of Object.entries(fields)) {
    if (!ITEM_FIELDS.has(field)) {
      const message = `has an unknown key: ${field}`;
      return { message, fix: `use some of each, ${[...ITEM_FIELDS.keys()].join(', ')}` };
    }
    const found = listOf(written);
    if (isFault(found)) return { message: `has a ${field} that ${found.message}`, fix: found.fix };
    sources.push([field, found]);
  }
  return sources;
}

function listOf(written: unknown): Source[] | SourceFault {
  const sources: Source[] = [];
  for (const each of [written].flat()) {
    if (typeof each !== 'string') {
      return { message: 'is not a path', fix: 'write a path within an item, such as variant.sku' };
    }
    const source = parseText(each);
    if (isFault(source)) return source;
    sources.push(source);
  }
  return sources;
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
