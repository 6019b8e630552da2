import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_PIXEL_SETTINGS, type PixelSettings } from '#core/event/pixel-settings.ts';
import { HASHED_FIELDS } from '#core/event/server-event.ts';
import { WARNING_CODES } from '#core/event/warning.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import {
  FILTER_REASONS,
  type MappingResult,
  REJECT_REASONS,
} from '#core/mapping/mapping-result.ts';
import { sentJson } from '#core/record/record.ts';
import { anyText } from '#test/support/any-text.ts';
import { oddEvents, pathsOf, withValueAt } from '#test/support/odd-events.ts';
import { TRACK_EVENT_TIME, trackEvent } from '#test/support/track-event.ts';
import { NOW } from './mapped.ts';

const SETTINGS: readonly Partial<PixelSettings>[] = [
  {},
  { purchaseWithoutValue: 'zero', useLimitedDataUse: true, defaultCountry: 'DE' },
  { hashExternalId: false, sendPageViews: true, roundItemPrices: true, contentsFromProduct: false },
  { alternativeExternalIdField: 'properties.id', valueFieldIdentifier: 'total' },
  { customDataAllowList: ['email'], customDataDenyList: ['price'], consentCategories: ['Ads'] },
];

const newMapper = (settings: Partial<PixelSettings>) =>
  createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', ...settings });

const mappers = SETTINGS.map(newMapper);

/** When events that are nearly right can be delivered. */
const SOON = TRACK_EVENT_TIME + 60_000;

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
  anyText({ maxLength: 6 }),
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
    ...['fb.1.1795082341205.AbC', '203.0.113.9', 'https://x.example/?fbclid=A&email=jo%40x.com'],
    ...['\ud800', '', ' ', '1e400', 'İ', '99/99/9999', 'EUR', 'a'.repeat(64), '@'.repeat(300)],
    ...[0, -0, 1.5, 1e21, Number.POSITIVE_INFINITY, 1_795_168_740, 1_795_168_740_000, true, null],
  ),
  anyText({ maxLength: 30 }),
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

/** Junk of every kind, and events that are nearly right, which get further. */
const anything = fc.oneof(json, event, oddEvents);

const oneOfEvents = fc.oneof(event, oddEvents);
const moment = fc.constantFrom(NOW, SOON);

describe('whatever JSON comes in', () => {
  test('the answer is one of three, with words of closed lists, and never an exception', () => {
    const codes: readonly string[] = WARNING_CODES;
    const reasons: readonly string[] = [...FILTER_REASONS, ...REJECT_REASONS];
    fc.assert(
      fc.property(anything, moment, fc.constantFrom(...mappers), (value, now, map) => {
        const result = map(value, now);
        if (result.outcome === 'deliver') {
          expect(result.warnings.every(({ code }) => codes.includes(code))).toBe(true);
        } else expect(reasons).toContain(result.reason);
      }),
      { numRuns: 5000 },
    );
  });

  test('what is delivered is whole JSON, with user_data last and hashes where they belong', () => {
    fc.assert(
      fc.property(oneOfEvents, moment, fc.constantFrom(...mappers), (value, now, map) => {
        const result = map(value, now);
        if (result.outcome !== 'deliver') return;
        const text = sentJson(result.event);
        expect(text).not.toMatch(/\\ud[89a-f]/i);
        const sent = JSON.parse(text);
        expect(Object.keys(sent).at(-1)).toBe('user_data');
        for (const field of HASHED_FIELDS) {
          const isRaw = field === 'external_id' && result.event.personal.external_id === undefined;
          const hashes: unknown[] = isRaw ? [] : [sent.user_data[field] ?? []].flat();
          for (const hash of hashes) expect(hash).toMatch(HEX);
        }
      }),
      { numRuns: 5000 },
    );
  });

  test('the same event gives the same answer, and stays as it was', () => {
    fc.assert(
      fc.property(anything, moment, fc.nat(SETTINGS.length - 1), (value, now, which) => {
        const before = JSON.stringify(value);
        const map = mappers[which];
        const first = JSON.stringify(map?.(value, now));
        expect(JSON.stringify(map?.(value, now))).toBe(first);
        expect(JSON.stringify(value)).toBe(before);
        const fresh = newMapper(SETTINGS[which] ?? {});
        expect(JSON.stringify(fresh(JSON.parse(before), now))).toBe(
          JSON.stringify(map?.(JSON.parse(before), now)),
        );
      }),
      { numRuns: 1500 },
    );
  });
});

/** What is sent and what is warned about, in small letters and with nothing encoded. */
function readable(result: MappingResult): string {
  if (result.outcome !== 'deliver') return JSON.stringify(result).toLowerCase();
  const text = `${sentJson(result.event)}${JSON.stringify(result.warnings)}`.toLowerCase();
  return `${text}${text.replaceAll('%40', '@')}`;
}

/** Letters that nothing else in an event is made of, so that finding them is no accident. */
const word = fc.stringMatching(/^[A-Z][qxzjvkw]{7,11}$/);

const person = fc.record({
  firstName: word,
  lastName: fc.tuple(word, word).map((parts) => parts.join('-')),
  city: word,
  street: word,
  email: fc.tuple(word, word).map(([user, host]) => `${user}@${host}.com`),
  phone: fc.stringMatching(/^\+1 65055[0-9]{5}$/),
  zip: fc.stringMatching(/^[A-Z][0-9]{6}$/),
  birthday: fc.constantFrom('1985-03-12', '12/26/1957', '16 May 1971'),
});

/** Where shops and their libraries put people: traits, properties, addresses, products. */
function eventOf(who: typeof person extends fc.Arbitrary<infer P> ? P : never, odd: object) {
  const { firstName, lastName, email, phone, city, street, zip, birthday } = who;
  const search = `?email=${encodeURIComponent(email)}&first_name=${firstName}&phone=${phone}&a=1`;
  const name = `${firstName} ${lastName}`;
  const { context, properties } = odd as { context?: object; properties?: object };
  return {
    ...odd,
    context: {
      ...context,
      page: { url: `https://x.y/u/${email}/${search}`, referrer: `https://x.y/${search}`, search },
      traits: {
        ...{
          firstName,
          lastName,
          name,
          email: [email, ` ${email.toUpperCase()}`],
          phone,
          birthday,
        },
        address: { city, street, postalCode: zip, state: city },
      },
    },
    properties: {
      ...{ ...properties, revenue: 1, email, note: `mail ${email} now`, query: email, search },
      customer: { name, phone, address: { city, zip, street }, contacts: [{ email }] },
      ...{ shipping_city: city, billing_zip: zip, 'Last Name': lastName, date_of_birth: birthday },
      url: `https://x.y/orders${search}`,
      path: `/u/${email.replace('@', '%40')}`,
      products: [
        { product_id: email, name: lastName },
        { sku: 'S-1', title: email },
      ],
      contents: [{ id: 'S-1', title: email, description: `for ${email}` }],
    },
  };
}

test('no personal value of an event is readable in what is sent', () => {
  let delivered = 0;
  fc.assert(
    fc.property(person, oddEvents, fc.constantFrom(...mappers.slice(0, 3)), (who, odd, map) => {
      const result = map(eventOf(who, odd), SOON);
      if (result.outcome === 'deliver') delivered += 1;
      const sent = readable(result);
      for (const value of Object.values(who)) expect(sent).not.toContain(value.toLowerCase());
      expect(sent).not.toContain(who.phone.replace(/\D/g, ''));
      expect(sent).not.toContain(who.lastName.replace('-', '').toLowerCase());
    }),
    { numRuns: 1000 },
  );
  expect(delivered).toBeGreaterThan(400);
});

const EVENTS = [trackEvent(), trackEvent({ event: 'Product Added', properties: { sku: 'S-1' } })];
const PLACES = EVENTS.flatMap((each) => [
  ...pathsOf(each).map((path) => ({ each, path })),
  ...['contents', 'content_ids', 'status', 'partner_id', 'madid', 'email', 'any'].map((name) => ({
    each,
    path: ['properties', name],
  })),
]);
const OWN = ['context', 'userAgent'].join();

test('an e-mail address is readable nowhere, wherever in an event it stands', () => {
  const form = fc.constantFrom<(email: string) => unknown>(
    (email) => email,
    (email) => `order of ${email}, thanks`,
    (email) => [email],
    (email) => ({ deep: [{ note: email }] }),
    (email) => ({ [email]: 1 }),
  );
  const address = fc.constantFrom('Jo.Qvx@Example.com', 'jörg@müller.de', "o'xq@sub.example.co.uk");
  fc.assert(
    fc.property(
      fc.constantFrom(...PLACES.filter(({ path }) => path.join() !== OWN)),
      ...[form, address, fc.constantFrom(...mappers.slice(0, 4))],
      ({ each, path }, write, email, map) => {
        const sent = readable(map(withValueAt(each, path, write(email)), SOON));
        expect(sent).not.toContain(email.toLowerCase());
      },
    ),
    { numRuns: 3000 },
  );
});

/** Where a Track event has the values that are hashed. */
function traitsOf(values: Readonly<Record<string, unknown>>) {
  const { em, ph, fn, ln, ge, db, ct, st, zp, country } = values;
  const address = { city: ct, state: st, postalCode: zp, country };
  return { email: em, phone: ph, firstName: fn, lastName: ln, gender: ge, birthday: db, address };
}

describe('hashing is idempotent', () => {
  test('the hashes that were sent, sent in again, are sent as they are', () => {
    let several = 0;
    fc.assert(
      fc.property(oddEvents, fc.constantFrom(...mappers.slice(0, 2)), (value, map) => {
        const result = map(value, SOON);
        if (result.outcome !== 'deliver') return;
        const sent = JSON.parse(sentJson(result.event)).user_data;
        const hashes = Object.fromEntries(HASHED_FIELDS.map((field) => [field, sent[field]]));
        if (Object.values(hashes).filter((hash) => hash !== undefined).length > 5) several += 1;
        const userId = hashes['external_id'] ?? 'u-1';
        const again = map(trackEvent({ userId, context: { traits: traitsOf(hashes) } }), SOON);
        if (again.outcome !== 'deliver') throw new Error('delivered once, and not again');
        const { external_id: id, ...others } = JSON.parse(sentJson(again.event)).user_data;
        expect(others).toMatchObject(
          JSON.parse(JSON.stringify({ ...hashes, external_id: undefined })),
        );
        if (hashes['external_id'] !== undefined) expect(id).toEqual(hashes['external_id']);
      }),
      { numRuns: 2000 },
    );
    expect(several).toBeGreaterThan(500);
  });

  test('canonical values are canonical already', () => {
    const map = mappers[0];
    fc.assert(
      fc.property(oneOfEvents, moment, (value, now) => {
        const result = map?.(value, now);
        if (result?.outcome !== 'deliver') return;
        const { ph: _phone, external_id: _id, ...values } = result.event.personal;
        const again = map?.(
          trackEvent({ timestamp: now, context: { traits: traitsOf(values) } }),
          now,
        );
        if (again?.outcome !== 'deliver') throw new Error('delivered once, and not again');
        expect(again.event.personal).toMatchObject(JSON.parse(JSON.stringify(values)));
      }),
      { numRuns: 2000 },
    );
  });
});
