import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createMapper } from '#core/mapping/mapper.ts';
import { DEFAULT_PIXEL_SETTINGS, type PixelSettings } from '#core/pixel-settings.ts';
import { HASHED_FIELDS } from '#core/server-event.ts';
import { FILTER_REASONS, REJECT_REASONS } from '#core/verdict.ts';
import { WARNING_CODES } from '#core/warning.ts';
import { sentJson } from '#core/wire.ts';
import { NOW } from './mapped.ts';

const SETTINGS: readonly Partial<PixelSettings>[] = [
  {},
  { purchaseWithoutValue: 'zero', useLimitedDataUse: true, defaultCountry: 'DE' },
  { hashExternalId: false, sendPageViews: true, roundItemPrices: true, contentsFromProduct: false },
  { alternativeExternalIdField: 'properties.id', valueFieldIdentifier: 'total' },
  { customDataAllowList: ['email'], customDataDenyList: ['price'], consentCategories: ['Ads'] },
];

const mappers = SETTINGS.map((settings) =>
  createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', ...settings }),
);

const HEX = /^[0-9a-f]{64}$/;

/** Keys that the mapping looks for, so that junk lands where it is read. */
const key = fc.oneof(
  fc.constantFrom(
    ...['type', 'event', 'messageId', 'userId', 'anonymousId', 'timestamp', 'originalTimestamp'],
    ...[
      'context',
      'properties',
      'integrations',
      'traits',
      'address',
      'page',
      'device',
      'os',
      'app',
    ],
    ...[
      'email',
      'phone',
      'firstName',
      'lastName',
      'birthday',
      'gender',
      'city',
      'state',
      'country',
    ],
    ...[
      'postalCode',
      'ip',
      'userAgent',
      'url',
      'referrer',
      'revenue',
      'price',
      'currency',
      'value',
    ],
    ...['products', 'contents', 'product_id', 'quantity', 'query', 'status', 'fbc', 'fbp', 'id'],
    ...['action_source', 'opt_out', 'lead_id', 'madid', 'consent', 'categoryPreferences', 'All'],
    ...['Facebook Conversions API', 'dataProcessingOptions', '__proto__', 'constructor', 'total'],
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);

const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      'track',
      'page',
      'Order Completed',
      'Product Added',
      'Clicked',
      'website',
      'app',
      'LDU',
      'US',
    ],
    ...['2026-11-20T09:59:00.000Z', 'jo@example.com', '+1 650 555 1212', '020 7946 0000', '12.50'],
    ...['fb.1.1554763741205.AbC', '203.0.113.9', 'https://x.example/?fbclid=A&email=jo%40x.com'],
    ...['\ud800', '', ' ', '1e400', 'İ', '99/99/9999', 'EUR', 'a'.repeat(64), '@'.repeat(300)],
    ...[0, -0, 1.5, 1e21, Number.POSITIVE_INFINITY, 1_795_168_740, 1_795_168_740_000, true, null],
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.double(),
);

const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, depthSize: 'medium' },
    scalar,
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(key, tie('json'), { maxKeys: 8 }),
  ),
}));

const event = fc
  .record(
    { type: fc.constant('track'), event: scalar, context: json, properties: json, userId: scalar },
    { requiredKeys: ['type', 'event'] },
  )
  .map((value) => ({ timestamp: NOW - 60_000, messageId: 'm', ...value }));

const anything = fc.oneof(json, event);

describe('whatever JSON comes in', () => {
  test('the answer is one of three, with words of closed lists, and never an exception', () => {
    const codes: readonly string[] = WARNING_CODES;
    const reasons: readonly string[] = [...FILTER_REASONS, ...REJECT_REASONS];
    fc.assert(
      fc.property(anything, fc.constantFrom(...mappers), (value, map) => {
        const verdict = map(value, NOW);
        if (verdict.outcome === 'deliver') {
          expect(verdict.warnings.every(({ code }) => codes.includes(code))).toBe(true);
        } else expect(reasons).toContain(verdict.reason);
      }),
      { numRuns: 5000 },
    );
  });

  test('what is delivered is whole JSON, with user_data last and hashes where they belong', () => {
    fc.assert(
      fc.property(event, fc.constantFrom(...mappers), (value, map) => {
        const verdict = map(value, NOW);
        if (verdict.outcome !== 'deliver') return;
        const text = sentJson(verdict.event);
        expect(text).not.toMatch(/\\ud[89a-f]/i);
        const sent = JSON.parse(text);
        expect(Object.keys(sent).at(-1)).toBe('user_data');
        for (const field of HASHED_FIELDS) {
          const isRaw = field === 'external_id' && verdict.event.personal.external_id === undefined;
          const hashes: unknown[] = isRaw ? [] : [sent.user_data[field] ?? []].flat();
          for (const hash of hashes) expect(hash).toMatch(HEX);
        }
      }),
      { numRuns: 5000 },
    );
  });

  test('the same event gives the same answer, and stays as it was', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom(...mappers), (value, map) => {
        const before = JSON.stringify(value);
        const first = JSON.stringify(map(value, NOW));
        expect(JSON.stringify(map(value, NOW))).toBe(first);
        expect(JSON.stringify(value)).toBe(before);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Letters that nothing else in an event is made of, so that finding them is no accident. */
const word = fc.stringMatching(/^[A-Z][qxzjvkw]{7,11}$/);

const person = fc.record({
  firstName: word,
  lastName: word,
  city: word,
  email: fc.tuple(word, word).map(([user, host]) => `${user}@${host}.com`),
  phone: fc.stringMatching(/^\+1 65055[0-9]{5}$/),
  zip: fc.stringMatching(/^[A-Z][0-9]{6}$/),
});

test('no personal value of an event is readable in what is sent', () => {
  fc.assert(
    fc.property(person, fc.constantFrom(...mappers.slice(0, 2)), (who, map) => {
      const { firstName, lastName, email, phone, city, zip } = who;
      const search = `?email=${encodeURIComponent(email)}&first_name=${firstName}&a=1`;
      const verdict = map(
        {
          type: 'track',
          event: 'Order Completed',
          timestamp: NOW,
          context: {
            page: {
              url: `https://shop.example/u/${email}/${search}`,
              referrer: `https://x.y/${search}`,
            },
            traits: { firstName, lastName, email, phone, address: { city, postalCode: zip } },
          },
          properties: {
            revenue: 1,
            email,
            note: `mail ${email} now`,
            customer: { name: `${firstName} ${lastName}`, phone, address: { city, zip } },
            shipping_city: city,
            billing_zip: zip,
            'Last Name': lastName,
            products: [{ product_id: email, name: lastName }],
            query: email,
          },
        },
        NOW,
      );
      if (verdict.outcome !== 'deliver') throw new Error(verdict.message);
      const sent = `${sentJson(verdict.event)}${JSON.stringify(verdict.warnings)}`.toLowerCase();
      for (const value of [firstName, lastName, email, phone, city, zip]) {
        expect(sent).not.toContain(value.toLowerCase());
      }
      expect(sent).not.toContain(phone.replace(/\D/g, ''));
    }),
    { numRuns: 500 },
  );
});

test('hashing what is sent again changes nothing: canonical values are stable', () => {
  const map = mappers[0];
  fc.assert(
    fc.property(event, (value) => {
      const verdict = map?.(value, NOW);
      if (verdict?.outcome !== 'deliver') return;
      const { em, fn, ln, ct, external_id: id } = verdict.event.personal;
      const traits = { email: em, firstName: fn, lastName: ln, address: { city: ct } };
      const again = map?.({ ...value, userId: id ?? 'u', context: { traits } }, NOW);
      if (again?.outcome !== 'deliver') throw new Error('delivered once, and not again');
      expect(again.event.personal).toMatchObject(
        JSON.parse(JSON.stringify({ em, fn, ln, ct, external_id: id })),
      );
    }),
    { numRuns: 2000 },
  );
});
