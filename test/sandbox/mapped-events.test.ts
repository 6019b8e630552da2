import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createMapper } from '#core/mapping/mapper.ts';
import { DEFAULT_PIXEL_SETTINGS } from '#core/pixel-settings.ts';
import { sentJson } from '#core/wire.ts';
import { messageOf } from '../../services/sandbox/judge/fault.ts';
import { judge } from '../../services/sandbox/judge/judge.ts';
import { NOW } from './sample-event.ts';

/** What people put where something else was meant. */
const anything = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  fc.constantFrom(
    ...[
      '',
      ' ',
      '0',
      '12.50',
      'someone@example.com',
      'logo@2x.png',
      '+49 30 901820',
      'true',
      'EUR',
    ],
    ...['https://shop.example/?email=a%40b.de', 'android-app://x', 'f'.repeat(64), 'F'.repeat(64)],
    ...[
      'fb.1.1795168000000.AbC',
      'fb.1.1.x',
      '203.0.113.7:80',
      '2001:db8::1',
      '\ud800',
      '__proto__',
    ],
  ),
  fc.constantFrom<unknown>(
    0,
    -1,
    1.5,
    Number.POSITIVE_INFINITY,
    -0,
    2 ** 60,
    null,
    true,
    [],
    {},
    [[]],
    [null],
    [{}],
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

const names = fc.constantFrom(
  ...['Order Completed', 'Product Added', 'Product Viewed', 'Checkout Started', 'Signed Up', '🎉'],
  'x'.repeat(50),
);

const product = fc.oneof(
  anything,
  fc.dictionary(
    fc.constantFrom('product_id', 'sku', 'price', 'quantity', 'name', 'brand', 'delivery_category'),
    anything,
  ),
);

const properties = fc.dictionary(
  fc.oneof(
    fc.constantFrom(
      ...['revenue', 'value', 'currency', 'products', 'query', 'status', 'order_id', 'num_items'],
      ...['content_ids', 'contents', 'content_type', 'predicted_ltv', 'net_revenue', 'email'],
      ...[
        'delivery_category',
        'fbc',
        'fbp',
        'action_source',
        'opt_out',
        'url',
        'customer',
        'price',
      ],
    ),
    fc.string({ maxLength: 8 }),
  ),
  fc.oneof(anything, fc.array(product, { maxLength: 3 })),
  { maxKeys: 12 },
);

const traits = fc.dictionary(
  fc.constantFrom('email', 'phone', 'firstName', 'lastName', 'birthday', 'gender', 'address', 'id'),
  fc.oneof(
    anything,
    fc.dictionary(fc.constantFrom('city', 'state', 'postalCode', 'country'), anything),
  ),
);

const trackEvent = fc.record(
  {
    type: fc.constant('track'),
    event: names,
    messageId: anything,
    userId: anything,
    anonymousId: anything,
    timestamp: fc.constantFrom<unknown>('2026-11-20T09:59:00Z', '2026-11-20T10:00:59Z', undefined),
    properties,
    context: fc.record(
      {
        ip: anything,
        userAgent: anything,
        page: fc.dictionary(fc.constantFrom('url', 'referrer', 'search'), anything),
        traits,
        device: fc.dictionary(
          fc.constantFrom('type', 'adTrackingEnabled', 'advertisingId'),
          anything,
        ),
        os: fc.record({ name: fc.constantFrom<unknown>('iOS', 'Android', 1), version: anything }),
      },
      { requiredKeys: [] },
    ),
    integrations: fc.constantFrom<unknown>(
      undefined,
      { 'Facebook Conversions API': { dataProcessingOptions: [['LDU'], 1, 1000] } },
      { 'Facebook Conversions API': { dataProcessingOptions: [[], 5, 'x'] } },
    ),
  },
  { requiredKeys: ['type', 'event', 'properties', 'context'] },
);

test('whatever the mapping delivers, the sandbox accepts', () => {
  const map = createMapper({
    ...DEFAULT_PIXEL_SETTINGS,
    pixelId: '1234567890',
    useLimitedDataUse: true,
    purchaseWithoutValue: 'zero',
  });
  const options = { now: NOW, requireWebsiteContext: false, allowPersonalData: false };
  let delivered = 0;
  fc.assert(
    fc.property(trackEvent, (event) => {
      const verdict = map(event, NOW * 1000);
      if (verdict.outcome !== 'deliver') return;
      delivered += 1;
      const judgement = judge({ data: [JSON.parse(sentJson(verdict.event))] }, options);
      expect(judgement.accepted ? null : messageOf(judgement.fault, 0, 'always')).toBeNull();
    }),
    { numRuns: 3000, seed: 20_261_120 },
  );
  expect(delivered).toBeGreaterThan(1000);
});
