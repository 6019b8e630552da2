import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_PIXEL_SETTINGS, type PixelSettings } from '#core/event/pixel-settings.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import type { MappingResult } from '#core/mapping/mapping-result.ts';
import { createPixelMapper } from '#core/mapping/pixel-mapper.ts';
import { sentJson } from '#core/record/record.ts';
import { messageOf } from '#sandbox/validator/fault.ts';
import { validateRequest } from '#sandbox/validator/validate.ts';
import { oddEvents, oddValue } from '#test/support/odd-events.ts';
import { consenting, oddConsent, oddSettings } from '#test/support/odd-settings.ts';
import { TRACK_EVENT_TIME } from '#test/support/track-event.ts';

const SETTINGS: readonly Partial<PixelSettings>[] = [
  {},
  { purchaseWithoutValue: 'zero', useLimitedDataUse: true, defaultCountry: 'de' },
  { hashExternalId: false, sendPageViews: true, roundItemPrices: true, contentsFromProduct: false },
  { alternativeExternalIdField: 'context.traits', valueFieldIdentifier: 'revenue' },
  { defaultActionSource: 'app', defaultCurrency: 'JPY', customDataDenyList: ['products'] },
  {
    fields: {
      em: ['properties.email', 'context.traits.email'],
      event_id: ['properties.order_id', '{{event}}-{{messageId}}'],
      value: [{ sum: 'properties.products', of: 'price', times: 'quantity' }, 'properties.revenue'],
      contents: [{ each: 'properties.products', id: ['sku', 'id'] }, 'properties.contents'],
      content_ids: 'properties.products[].id',
      action_source: 'properties.action_source',
      content_name: '{{properties.query}} {{properties.status}}',
      event_source_url: ['properties.url', 'context.page.url'],
      'custom_data.anything': 'properties.value',
    },
  },
];

const mappers = SETTINGS.map((settings) =>
  createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1234567890', ...settings }),
);

const now = TRACK_EVENT_TIME / 1000 + 60;

/** What the sandbox has against what is sent; null for nothing, undefined where nothing is sent. */
function refusalOf(result: MappingResult | undefined): string | null | undefined {
  if (result?.outcome !== 'deliver') return undefined;
  const options = { now, requireWebsiteContext: false, allowPersonalData: false };
  const judgement = validateRequest({ data: [JSON.parse(sentJson(result.event))] }, options);
  return judgement.accepted ? null : messageOf(judgement.fault, 0, 'always');
}

const mapper = fc.nat(SETTINGS.length - 1);

test('whatever the mapping delivers, the sandbox accepts: events that are nearly right', () => {
  let delivered = 0;
  fc.assert(
    fc.property(oddEvents, mapper, (event, which) => {
      const refusal = refusalOf(mappers[which]?.(event, now * 1000));
      if (refusal === undefined) return;
      delivered += 1;
      expect(refusal).toBeNull();
    }),
    { numRuns: 4000, seed: 20_261_120 },
  );
  expect(delivered).toBeGreaterThan(2000);
});

/** Objects whose names are those that the mapping reads, and whose values are odd throughout. */
function oddObject(names: readonly string[], value: fc.Arbitrary<unknown> = oddValue) {
  return fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 8 })), value, {
    maxKeys: 12,
  });
}

const product = fc.oneof(
  oddValue,
  oddObject(['product_id', 'id', 'sku', 'price', 'quantity', 'title', 'delivery_category']),
);

const properties = oddObject(
  [
    ...['revenue', 'value', 'currency', 'products', 'contents', 'query', 'status', 'order_id'],
    ...['num_items', 'content_ids', 'content_type', 'predicted_ltv', 'delivery_category', 'fbc'],
    ...['messaging_channel', 'original_event_data', 'attribution_data', 'url_schemes', 'vendor_id'],
    ...['fbp', 'action_source', 'opt_out', 'url', 'price', 'email', 'customer', 'lead_id'],
  ],
  fc.oneof(oddValue, fc.array(product, { maxLength: 3 })),
);

const address = oddObject(['city', 'state', 'postalCode', 'country']);

const traits = oddObject(
  ['email', 'phone', 'firstName', 'lastName', 'birthday', 'gender', 'address'],
  fc.oneof(oddValue, address, fc.array(oddValue, { maxLength: 3 })),
);

const context = fc.record(
  {
    ...{ ip: oddValue, userAgent: oddValue, traits },
    page: oddObject(['url', 'referrer', 'search']),
    device: oddObject(['type', 'adTrackingEnabled', 'advertisingId']),
    os: fc.record({ name: fc.constantFrom<unknown>('iOS', 'Android', 1), version: oddValue }),
  },
  { requiredKeys: [] },
);

const oddThroughout = fc.record(
  {
    type: fc.constant('track'),
    event: fc.constantFrom('Order Completed', 'Product Added', 'Signed Up', '🎉', 'x'.repeat(50)),
    messageId: oddValue,
    userId: oddValue,
    anonymousId: oddValue,
    timestamp: fc.constantFrom<unknown>(now - 30, new Date((now + 59) * 1000).toISOString()),
    properties,
    context,
    integrations: fc.constantFrom<unknown>(
      { 'Facebook Conversions API': { dataProcessingOptions: [['LDU'], 1, 1000] } },
      { 'Facebook Conversions API': { dataProcessingOptions: [[], 5, 'x'] } },
    ),
  },
  { requiredKeys: ['type', 'event', 'properties', 'context'] },
);

test('whatever the mapping delivers, the sandbox accepts: events that are odd throughout', () => {
  let delivered = 0;
  fc.assert(
    fc.property(oddThroughout, mapper, (event, which) => {
      const refusal = refusalOf(mappers[which]?.(event, now * 1000));
      if (refusal === undefined) return;
      delivered += 1;
      expect(refusal).toBeNull();
    }),
    { numRuns: 3000, seed: 20_261_120 },
  );
  expect(delivered).toBeGreaterThan(800);
});

test('whatever the mapping delivers, the sandbox accepts: any settings and rules', () => {
  let delivered = 0;
  const consent = fc.option(oddConsent, { freq: 4 });
  fc.assert(
    fc.property(oddSettings, oddEvents, consent, (settings, odd, said) => {
      const event = said === null ? odd : consenting(odd, said);
      const mapped = createPixelMapper(settings)(event, now * 1000);
      const parts = mapped.outcome === 'several' ? mapped.results : [{ result: mapped }];
      for (const { result } of parts) {
        const refusal = refusalOf(result);
        if (refusal === undefined) continue;
        delivered += 1;
        expect(refusal).toBeNull();
      }
    }),
    { numRuns: 1000, seed: 20_261_128 },
  );
  expect(delivered).toBeGreaterThan(150);
});
