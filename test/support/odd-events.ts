import fc from 'fast-check';
import { trackEvent } from './track-event.ts';

type Json = Record<string, unknown>;

/** What people and programs put where something else was meant. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  fc.constantFrom<unknown>(
    ...['', ' ', '0', '-1', '12.50', '12,50', '1,234', '$5', 'true', 'EUR', 'null', 'undefined'],
    ...['N/A', '[object Object]', 'logo@2x.png', '+49 30 901820', '020 7946 0000', '03/04/1985'],
    ...['https://shop.example/?fbclid=AbC&phone=1', 'android-app://x', '/a?b=%40', '?a=%E0%A4%A'],
    ...['f'.repeat(64), 'F'.repeat(64), `${'a'.repeat(64)}.AQYBAQAA`, 'x'.repeat(600)],
    ...['fb.1.1795168000000.AbC', 'fb.1.1.x', 'fb.1.1795168000000.1.AQ', '203.0.113.7:80'],
    ...['10.0.0.1, 203.0.113.9', '2001:db8::1', '::1', '2026-11-20T09:59:00+01:00', '1e400'],
    ...[
      'NaN',
      'Infinity',
      '-64.50',
      '٦٤٫٥',
      '١٢٣',
      '0x10',
      '1_000',
      '9'.repeat(400),
      'مريم',
      '\u202eevil',
    ],
    ...[
      'jo\u200b@example.com',
      'jo@bücher.example',
      'O\u2019Brien\u00ad',
      '👩\u200d👩\u200d👧',
      '\u0000',
    ],
    ...['İ', 'ẞ', 'ΟΔΟΣ', 'é', '\u3164', '❤\ufe0f', '\ud800', '\u2028', '__proto__', 'constructor'],
    ...[
      'website',
      'app',
      'physical_store',
      'business_messaging',
      'messenger',
      'LDU',
      'US',
      'Deutschland',
      'x'.repeat(50),
    ],
  ),
  fc.constantFrom<unknown>(
    ...[0, -0, -1, 1.5, 2 ** 60, 1e21, Number.POSITIVE_INFINITY, 1_795_168_740, null, true, false],
    ...[-64.5, 1e308, 5e-324, 2 ** 53, [], {}, [[]], [null], [{}], [['LDU'], 1, 1000], [[], 0, 0]],
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Names that the mapping looks for, beside those that {@link completeEvents} have. */
const NAMES = [
  ...['value', 'price', 'contents', 'content_ids', 'content_type', 'num_items', 'predicted_ltv'],
  ...['net_revenue', 'delivery_category', 'action_source', 'actionSource', 'opt_out', 'status'],
  ...['lead_id', 'page_id', 'madid', 'subscriptionId', 'partner_name', 'client_ip_address'],
  ...[
    'client_user_agent',
    'referrer_url',
    'email',
    'customer',
    'url',
    'query',
    'id',
    'sku',
    'name',
  ],
  ...['gender', 'province', 'zip', 'countryCode', 'first_name', 'ipv6', 'fbc', 'fbp', 'quantity'],
  ...['messaging_channel', 'original_event_data', 'event_id', 'event_name', 'campaign_ids'],
  ...['url_schemes', 'vendorId', 'ctwa_clid', 'attribution_share', 'touchpoint_ts', 'adset_id'],
  ...['application_tracking_enabled', '__proto__', 'constructor', 'toString', ''],
];

const PHONE: Json = {
  app: { namespace: 'com.shop', build: '771', version: '7.7.1' },
  device: { type: 'ios', model: 'iPhone15,2', adTrackingEnabled: true, advertisingId: 'AB-12' },
  os: { name: 'iOS', version: '18.1' },
  screen: { width: 393, height: 852, density: 3 },
  network: { carrier: 'T-Mobile' },
};

const MESSAGE: Json = {
  action_source: 'business_messaging',
  messaging_channel: 'whatsapp',
  whatsapp_business_account_id: '102290129340398',
  ctwa_clid: 'ARAkLkA8rmlF',
  revenue: 5,
};

const ORIGINAL: Json = { event_name: 'Order Completed', event_time: 1_795_168_000, order_id: 'o' };

const ATTRIBUTION: Json = {
  ad_id: 12_345,
  touchpoint_ts: 1_795_160_000,
  attribution_share: 0.3,
  attribution_value: '100.2',
};

const LIMITED = { 'Facebook Conversions API': { dataProcessingOptions: [['LDU'], 1, 1000] } };

/** Complete events of several kinds, which every change makes a little odd. */
const completeEvents: fc.Arbitrary<Json> = fc.constantFrom(
  trackEvent(),
  trackEvent({ event: 'Product Added', properties: { product_id: 'p-1', price: '9.90' } }),
  trackEvent({ event: 'Signed Up', properties: { products: undefined, revenue: undefined } }),
  trackEvent({ properties: { action_source: 'app' }, context: PHONE }),
  trackEvent({ properties: { action_source: 'physical_store' }, integrations: LIMITED }),
  trackEvent({ type: 'page', event: undefined, name: 'Home' }),
  trackEvent({ properties: MESSAGE }),
  trackEvent({
    event: 'AppendValue',
    properties: { original_event_data: ORIGINAL, net_revenue: 5 },
  }),
  trackEvent({
    event: 'AppendAttribution',
    properties: { originalEventData: ORIGINAL, attribution_data: ATTRIBUTION },
  }),
);

/** One place of an event, picked by numbers, and what is done there. */
const change = fc.record({
  at: fc.array(fc.nat(40), { minLength: 1, maxLength: 5 }),
  name: fc.option(fc.constantFrom(...NAMES), { freq: 3 }),
  value: oddValue,
  kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'wrap', 'add'),
});

type Change = typeof change extends fc.Arbitrary<infer C> ? C : never;

/**
 * Track events as they nearly are, with a few odd values at any path: another value, none, an array
 * around it, or another name beside it. They happened at `TRACK_EVENT_TIME`, where nothing odd says
 * otherwise.
 */
export const oddEvents: fc.Arbitrary<Json> = fc
  .tuple(completeEvents, fc.array(change, { maxLength: 6 }))
  .map(([event, changes]) => {
    const copy = structuredClone(event);
    // What is put in may be changed next, and must not be another event's too.
    for (const each of changes) apply(copy, { ...each, value: structuredClone(each.value) });
    return copy;
  });

/** Walks down as far as there are objects, and changes what stands there. */
function apply(event: Json, { at, name, value, kind }: Change): void {
  let parent = event;
  let key = keyAt(event, at[0] ?? 0);
  for (const step of at.slice(1)) {
    const below = parent[key];
    if (typeof below !== 'object' || below === null || Object.keys(below).length === 0) break;
    parent = below as Json;
    key = keyAt(parent, step);
  }
  if (kind === 'remove') delete parent[key];
  else if (kind === 'wrap') put(parent, key, [parent[key], value]);
  else put(parent, kind === 'add' && name !== null ? name : key, value);
}

function keyAt(object: Json, step: number): string {
  const keys = Object.keys(object);
  return keys[step % keys.length] ?? 'x';
}

/** As JSON.parse would: `__proto__` is a name like any other. */
function put(object: Json, key: string, value: unknown): void {
  if (Array.isArray(object)) object[Number(key) || 0] = value;
  else
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
}

/** Every path of an event that ends in no object, as its steps. */
export function pathsOf(value: unknown, before: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [before];
  return Object.entries(value).flatMap(([key, below]) => pathsOf(below, [...before, key]));
}

/** The same event with another value at a path. */
export function withValueAt(
  event: Json,
  [step = '', ...rest]: readonly string[],
  value: unknown,
): Json {
  const copy = (Array.isArray(event) ? [...event] : { ...event }) as Json;
  copy[step] = rest.length === 0 ? value : withValueAt((copy[step] ?? {}) as Json, rest, value);
  return copy;
}
