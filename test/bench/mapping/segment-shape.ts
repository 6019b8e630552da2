import { createHash } from 'node:crypto';
import { Ajv } from 'ajv';
import { EVENT_NAMES, type Track } from './track.ts';

/*
 * The same job in the shape that Segment's published destination code has, reimplemented plainly
 * for this comparison: one event a call; a mapping that is data, checked for each event, whose paths
 * are taken apart and followed for each event; a copy without what is undefined; the payload judged
 * by a JSON Schema; each personal value cleaned with regular expressions and hashed by `createHash`.
 *
 * The real thing does more: its schema names formats and three times as many fields, and it sends a
 * request for each event. Source: segmentio/action-destinations: mapping-kit, schema-validation and
 * facebook-conversions-api.
 */

type Mapping = { readonly [field: string]: Rule };
type Rule =
  | { readonly path: string }
  | { readonly first: readonly string[] }
  | { readonly items: string; readonly shape: Mapping }
  | { readonly object: Mapping };

const path = (at: string): Rule => ({ path: at });

const MAPPING: Mapping = {
  event_name: path('$.event'),
  event_time: path('$.timestamp'),
  event_id: path('$.messageId'),
  action_source: { first: ['$.properties.action_source', '$.properties.actionSource'] },
  event_source_url: path('$.context.page.url'),
  value: { first: ['$.properties.revenue', '$.properties.value'] },
  currency: path('$.properties.currency'),
  contents: {
    items: '$.properties.products',
    shape: {
      id: path('$.product_id'),
      quantity: path('$.quantity'),
      item_price: path('$.price'),
      delivery_category: path('$.delivery_category'),
    },
  },
  order_id: path('$.properties.order_id'),
  search_string: path('$.properties.query'),
  status: path('$.properties.status'),
  custom: path('$.properties'),
  user_data: {
    object: {
      external_id: { first: ['$.userId', '$.anonymousId'] },
      em: path('$.context.traits.email'),
      ph: path('$.context.traits.phone'),
      ge: path('$.context.traits.gender'),
      db: path('$.context.traits.birthday'),
      ln: path('$.context.traits.lastName'),
      fn: path('$.context.traits.firstName'),
      ct: path('$.context.traits.address.city'),
      st: path('$.context.traits.address.state'),
      zp: path('$.context.traits.address.postalCode'),
      country: path('$.context.traits.address.country'),
      client_ip_address: path('$.context.ip'),
      client_user_agent: path('$.context.userAgent'),
      fbc: path('$.properties.fbc'),
      fbp: path('$.properties.fbp'),
    },
  },
};

type Json = Record<string, unknown>;

const TEXT = { type: 'string' };
const NUMBER = { type: 'number' };
const object = (properties: Json, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  required,
});
const texts = (names: string) => Object.fromEntries(names.split(' ').map((name) => [name, TEXT]));

/** Set up as the real thing sets it up: types are coerced, and every error is collected. */
const judge = new Ajv({ coerceTypes: 'array', allErrors: true, removeAdditional: true }).compile(
  object(
    {
      ...texts('event_name event_time event_id action_source event_source_url currency order_id'),
      ...texts('search_string status'),
      value: NUMBER,
      contents: {
        type: 'array',
        items: object({ ...texts('id delivery_category'), quantity: NUMBER, item_price: NUMBER }),
      },
      custom: { type: 'object' },
      user_data: object(
        texts(
          'external_id em ph ge db ln fn ct st zp country client_ip_address client_user_agent fbc fbp',
        ),
      ),
    },
    ['event_name', 'event_time', 'user_data'],
  ),
);

function get(object: unknown, at: string): unknown {
  let value = object;
  for (const step of at.replace('$.', '').split('.')) {
    if (value === undefined || value === null) return undefined;
    value = (value as Json)[step];
  }
  return value;
}

function resolve(rule: Rule, event: unknown): unknown {
  if ('path' in rule) return get(event, rule.path);
  if ('first' in rule) return rule.first.map((at) => get(event, at)).find((value) => value != null);
  if ('object' in rule) return resolveAll(rule.object, event);
  const items = get(event, rule.items);
  return Array.isArray(items) ? items.map((item) => resolveAll(rule.shape, item)) : undefined;
}

function resolveAll(mapping: Mapping, event: unknown): Json {
  const resolved: Json = {};
  for (const field of Object.keys(mapping)) {
    resolved[field] = resolve(mapping[field] as Rule, event);
  }
  return resolved;
}

function check(mapping: Mapping): void {
  for (const field of Object.keys(mapping)) {
    const rule = mapping[field] as Rule;
    const paths = 'path' in rule ? [rule.path] : 'first' in rule ? rule.first : [];
    if (!paths.every((at) => typeof at === 'string')) throw new Error(`${field} has no path`);
    if ('object' in rule) check(rule.object);
    if ('items' in rule) check(rule.shape);
  }
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null) return value;
  const kept: Json = {};
  for (const key of Object.keys(value)) {
    const member = (value as Json)[key];
    if (member !== undefined) kept[key] = withoutUndefined(member);
  }
  return kept;
}

const HASHED = 'em ph ge db ln fn ct st zp country external_id'.split(' ');

function hashUserData(user: Json): Json {
  const hashed: Json = { ...user };
  for (const field of HASHED) {
    const value = user[field];
    if (typeof value !== 'string') continue;
    const clean =
      field === 'ph' ? value.replace(/\D/g, '') : value.replace(/\s/g, '').toLowerCase();
    hashed[field] = createHash('sha256').update(clean).digest('hex');
  }
  return hashed;
}

/** One event a call, as the destination's `perform` gets it. */
export function inSegmentsShape(track: Track): object {
  check(MAPPING);
  const payload = withoutUndefined(resolveAll(MAPPING, track)) as Json;
  if (!judge(payload)) throw new Error('the payload does not fit its schema');
  const { user_data, custom, contents, value, currency, order_id, search_string, status } = payload;
  const ids = (contents as Json[] | undefined)?.map(({ id }) => id);
  return {
    event_name: EVENT_NAMES.get(track.event) ?? payload['event_name'],
    event_time: Math.floor(Date.parse(payload['event_time'] as string) / 1000),
    event_id: payload['event_id'],
    action_source: payload['action_source'] ?? 'website',
    event_source_url: payload['event_source_url'],
    user_data: hashUserData(user_data as Json),
    custom_data: {
      ...(custom as Json),
      value,
      currency: currency ?? (value === undefined ? undefined : 'USD'),
      contents,
      content_ids: ids,
      num_items: ids?.length,
      order_id,
      search_string,
      status,
    },
  };
}
