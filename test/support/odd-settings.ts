import fc from 'fast-check';
import { parsePixelSettings } from '#config/load.ts';
import type { Condition } from '#core/conditions/condition.ts';
import { CONSENT_FORMATS } from '#core/consent/consent-settings.ts';
import { isHashable } from '#core/custom-data/property-rules.ts';
import { DEFAULT_PIXEL_SETTINGS, type PixelSettings } from '#core/event/pixel-settings.ts';
import { ACTION_SOURCES } from '#core/event/server-event.ts';
import { FIELD_NAMES } from '#core/fields/field-table.ts';
import { type FieldSettings, fieldFaults } from '#core/fields/judge.ts';
import { EVENT_MAPPING_PRESETS } from '#core/mapping/event-presets.ts';
import { pathsOf } from './odd-events.ts';
import { trackEvent } from './track-event.ts';

type Json = Record<string, unknown>;

/** Paths that events have, and some that they have not. */
const path = fc.oneof(
  fc.constantFrom(...pathsOf(trackEvent()).map((steps) => steps.join('.'))),
  fc.constantFrom(
    ...['properties.products[].price', 'properties.products[0]', 'properties', 'context', 'userId'],
    ...['properties.toString', 'context.traits', 'properties.missing', 'messageId', 'timestamp'],
    ...['properties.revenue', 'properties.value', 'properties.url', 'properties.id', 'type'],
  ),
);

/** A source of a field, as people write it in a configuration. */
export const oddSource: fc.Arbitrary<unknown> = fc.oneof(
  path,
  path.map((each) => `x-{{${each}}}`),
  fc.tuple(path, path).map(([one, other]) => `{{${one}}}{{${other}}}`),
  path.map((sum) => ({ sum, of: 'price', times: 'quantity' })),
  path.map((each) => ({ each, id: ['sku', 'product_id'], item_price: 'price' })),
  fc.constantFrom({ value: 'EUR' }, { value: 7 }, { value: 'US' }, { value: 'website' }),
  fc.constantFrom({ value: 'app' }, { value: 'business_messaging' }, { value: 'whatsapp' }),
);

/** The name of a field that `fields` takes. */
export const oddFieldName = fc.constantFrom(...FIELD_NAMES, 'custom_data.tier', 'custom_data.meta');

/** `fields` as it may be written. */
const writtenFields = fc.dictionary(
  oddFieldName,
  fc.oneof(oddSource, fc.array(oddSource, { maxLength: 3 })),
  { maxKeys: 8 },
);

function accepted(fields: Json, settings: FieldSettings): Json {
  const faulty = new Set(fieldFaults({ ...settings, fields }).map(({ at }) => at[0]));
  return Object.fromEntries(Object.entries(fields).filter(([field]) => !faulty.has(field)));
}

/** `fields` that the configuration accepts, with the defaults for all other settings. */
export const oddFields: fc.Arbitrary<Json> = writtenFields.map((fields) =>
  accepted(fields, { ...DEFAULT_PIXEL_SETTINGS, fields }),
);

/** Names of properties, of which some have a place of their own and some cannot be sent. */
const properties = fc.uniqueArray(
  fc.constantFrom(
    ...['email', 'customer', 'coupon', 'query', 'products', 'contents', 'price', 'order_id', 'fbc'],
    ...['original_event_data', 'messaging_channel', 'lead_id', 'id', 'url', 'phone', 'num_items'],
    ...['__proto__', 'constructor', 'toString', 'jo@example.com', '\ud800', 'x'.repeat(300)],
  ),
  { maxLength: 4 },
);

const CONSENT_PATHS = [
  'context.consent.categoryPreferences',
  'context.consentManagement',
  'cookie',
];

/** Categories that some of the shapes of {@link oddConsent} grant. */
const category = fc.constantFrom('Ads', 'C0004', '1', '__proto__', 'constructor');

const consent = fc.record({
  allOf: fc.uniqueArray(category, { maxLength: 2 }),
  anyOf: fc.uniqueArray(category, { minLength: 1, maxLength: 2 }),
  paths: fc.shuffledSubarray(CONSENT_PATHS, { minLength: 1 }),
  format: fc.constantFrom(...CONSENT_FORMATS),
});

/** What events say about consent, in the shapes of several platforms and in none. */
export const oddConsent: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      { Ads: true, C0004: 'granted', 1: true },
      { Ads: false },
      ['Ads', 'C0004', 1],
      'C0004:1,1:0',
    ],
    ...['Ads', ',C0004,Ads,', { allowedConsentIds: ['Ads', 'C0004'], deniedConsentIds: ['1'] }],
    ...[{ enabled: ['1', 'Ads'], disabled: [] }, [{ templateId: 'Ads', status: true }], [null], 7],
    ...[JSON.parse('{"__proto__": true}'), { constructor: true }, 'x'.repeat(9000)],
    'COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA',
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

const place = fc.constantFrom('event', 'properties.revenue', 'userId', 'context', 'x.__proto__');

/** A condition as the configuration reads it. */
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    fc.record({ path: place, equals: fc.constantFrom<string | number>('Signed Up', 64.5, '') }),
    fc.record({ path: place, in: fc.constant(['Order Completed', true]) }),
    fc.record({ path: place, prefix: fc.constantFrom('Order', 'u-') }),
    fc.record({ path: place, matches: fc.constantFrom('^Order', '(a|b)*c', '\\d+', '.') }),
    fc.record({ path: place, exists: fc.boolean() }),
    fc.record({ not: tie('condition') }),
    fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ all: fc.array(tie('condition'), { minLength: 1, maxLength: 2 }) }),
  ),
}));

/** What `events.deny` of a pixel may be. */
export const oddCondition: fc.Arbitrary<Condition> = condition;

const rule = fc.record({
  when: oddCondition,
  eventName: fc.constantFrom('NewCustomer', 'lead', 'Purchase', 'AppendValue', '🎉'.repeat(25)),
  instead: fc.boolean(),
  testEventCode: fc.constantFrom(null, 'TEST1'),
});

/** All settings of the mapping, as they may be written; any of them may be left out. */
const written = fc.record(
  {
    eventMappings: fc.dictionary(
      fc.constantFrom('Order Completed', 'order completed', 'Signed Up', '__proto__', 'x'),
      fc.constantFrom('Purchase', 'lead', 'Own Event', 'AppendValue', 'x'.repeat(50)),
      { maxKeys: 3 },
    ),
    eventRules: fc.array(rule, { maxLength: 2 }),
    eventMappingPresets: fc.shuffledSubarray([...EVENT_MAPPING_PRESETS]),
    alternativeExternalIdField: fc.constantFrom('properties.id', 'context.traits', 'a.b', ' '),
    valueFieldIdentifier: fc.constantFrom('price', 'products', 'properties.total', '__proto__'),
    useLimitedDataUse: fc.boolean(),
    dataProcessingOptions: fc.constantFrom<string[]>([], ['LDU']),
    dataProcessingOptionsCountry: fc.constantFrom(0, 1),
    dataProcessingOptionsState: fc.constantFrom(0, 1000),
    defaultActionSource: fc.constantFrom(...ACTION_SOURCES),
    defaultCurrency: fc.constantFrom('USD', 'jpy', 'KWD'),
    defaultCountry: fc.constantFrom(null, 'US', 'de', 'CI'),
    hashExternalId: fc.boolean(),
    roundItemPrices: fc.boolean(),
    requireWebsiteContext: fc.boolean(),
    purchaseWithoutValue: fc.constantFrom('reject', 'zero'),
    contentsFromProduct: fc.boolean(),
    sendPageViews: fc.boolean(),
    consentCategories: fc.uniqueArray(category, { maxLength: 1 }),
    consent: fc.option(consent, { freq: 2 }),
    customDataHashList: properties.map((names) => names.filter(isHashable)),
    customDataDenyList: properties,
    fields: writtenFields,
  },
  { requiredKeys: [] },
);

/** The settings of a pixel as the configuration reads them, whatever is in them. */
export const oddSettings: fc.Arbitrary<PixelSettings> = written.map((own) => {
  const fields = accepted(own.fields ?? {}, { ...DEFAULT_PIXEL_SETTINGS, ...own });
  const parsed = parsePixelSettings({ ...own, pixelId: '1', fields });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
});

/** The same event with something about consent at one of the places where pixels look for it. */
export function consenting(event: Json, consent: unknown): Json {
  const context = { ...(Object(event['context']) as Json) };
  context['consent'] = { categoryPreferences: consent };
  return { ...event, context };
}
