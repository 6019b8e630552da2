import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { USER_DATA } from '#core/user-data/table.ts';
import { browser, delivered, track } from './mapped.ts';

/** An event of a person. */
const of = (traits: unknown, overrides = {}) =>
  track({ context: browser({ traits, ...overrides }) });

const ADDRESS = {
  city: 'Menlo Park',
  state: 'California',
  postalCode: '94025-1234',
  country: 'US',
};

describe("Segment's table", () => {
  test.each<[string, Record<string, unknown>, string, string]>([
    ['context.traits.address.city', { address: ADDRESS }, 'ct', 'menlopark'],
    ['context.traits.address.postalCode', { address: ADDRESS }, 'zp', '94025'],
    ['context.traits.address.state', { address: ADDRESS }, 'st', 'ca'],
    ['context.traits.birthday', { birthday: '1985-03-12' }, 'db', '19850312'],
    ['context.traits.email', { email: ' Jo@Example.com ' }, 'em', 'jo@example.com'],
    ['context.traits.firstName', { firstName: 'Jo' }, 'fn', 'jo'],
    ['context.traits.lastName', { lastName: 'Roe' }, 'ln', 'roe'],
    ['context.traits.phone', { phone: '+1 (650) 555-1212' }, 'ph', '16505551212'],
  ])('%s', (_path, traits, field, canonical) => {
    const { personal, sent } = delivered(of(traits));
    expect(personal).toHaveProperty(field, canonical);
    expect(sent.user_data[field]).toMatch(/^[0-9a-f]{64}$/);
  });

  test('context.ip and context.userAgent are sent as they are', () => {
    const { user } = delivered(track({ context: browser({ ip: '203.0.113.9' }) }));
    expect(user).toMatchObject({
      client_ip_address: '203.0.113.9',
      client_user_agent: 'Mozilla/5.0',
    });
  });

  test('userId is external_id', () => {
    expect(delivered(track()).personal).toEqual({ external_id: 'u1' });
  });
});

describe('what the table lacks', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['gender', { gender: 'Female' }, { ge: 'f' }],
    ['country', { address: { country: 'Germany' } }, { country: 'de' }],
    ['country by its code', { address: { countryCode: 'DEU' } }, { country: 'de' }],
    ['snake case', { first_name: 'Jo', last_name: 'Roe' }, { fn: 'jo', ln: 'roe' }],
    ['a zip', { address: { zip: 94_025 } }, { zp: '94025' }],
    ['a province', { address: { province: 'Ontario', country: 'CA' } }, { st: 'on' }],
  ])('%s', (_case, traits, expected) => {
    expect(delivered(of(traits)).personal).toMatchObject(expected);
  });

  test.each([
    ['subscription_id', 'sub-1', 'subscriptionId'],
    ['fb_login_id', '1234567890', 'fbLoginId'],
    ['lead_id', '525645896321548', 'leadId'],
    ['anon_id', 'XZ12', 'anonId'],
    ['page_id', '998877', 'pageId'],
    ['page_scoped_user_id', '445566', 'pageScopedUserId'],
    ['ctwa_clid', 'ARAk-x_1', 'ctwaClid'],
    ['ig_account_id', '112233', 'igAccountId'],
    ['ig_sid', '223344', 'igSid'],
    ['partner_id', 'p-1', 'partnerId'],
    ['partner_name', 'LiveRamp', 'partnerName'],
  ])('%s, sent as it is, from properties or traits', (field, value, camelCase) => {
    const events = [
      track({ properties: { [field]: value } }),
      track({ properties: { [camelCase]: value } }),
      of({ [field]: value }),
      of({ [camelCase]: value }),
    ];
    for (const event of events) {
      const { user, custom, warnings } = delivered(event);
      expect(user).toHaveProperty(field, value);
      expect(custom).toEqual({});
      expect(warnings).toEqual([]);
    }
  });

  test('numbers are sent as their digits', () => {
    const { user } = delivered(track({ properties: { lead_id: 525_645_896_321_548 } }));
    expect(user['lead_id']).toBe('525645896321548');
  });

  test('what has not the form of the identifier stays a property of that name', () => {
    const { user, custom, warnings } = delivered(track({ properties: { page_id: 'home' } }));
    expect(user).not.toHaveProperty('page_id');
    expect(custom).toEqual({ page_id: 'home' });
    expect(warnings).toEqual(['invalid_identifier properties.page_id']);
  });

  test('an e-mail address is no identifier, and stays no property', () => {
    const { user, custom, warnings } = delivered(track({ properties: { partner_id: 'jo@x.com' } }));
    expect(user).not.toHaveProperty('partner_id');
    expect(custom).toEqual({});
    expect(warnings).toEqual([
      'invalid_identifier properties.partner_id',
      'personal_data_removed properties.partner_id',
    ]);
  });

  test.each<[string, unknown, string | undefined]>([
    ['an advertising id', 'AB1234-CD', 'AB1234-CD'],
    ['zeros of who limits tracking', '00000000-0000-0000-0000-000000000000', undefined],
    ['a hash, which it never is', 'a'.repeat(64), undefined],
  ])('madid of the device: %s', (_case, advertisingId, expected) => {
    const context = browser({ device: { advertisingId } });
    expect(delivered(track({ context })).user['madid']).toBe(expected);
  });
});

describe('several values', () => {
  test.each<[string, unknown, unknown]>([
    ['two', ['a@x.com', 'b@x.com'], ['a@x.com', 'b@x.com']],
    ['the same twice', ['a@x.com', ' A@x.com'], 'a@x.com'],
    ['one of them none', ['nobody', 'a@x.com', '', null], 'a@x.com'],
    ['none at all', [], undefined],
    ['nothing but junk', ['nobody', {}], undefined],
  ])('e-mails: %s', (_case, email, expected) => {
    expect(delivered(of({ email })).personal.em).toEqual(expected);
  });

  test('phones, each by its own form', () => {
    const phone = ['020 7946 0000', '+1 650 555 1212'];
    const { personal, sent } = delivered(of({ phone, address: { country: 'GB' } }));
    expect(personal.ph).toEqual(['442079460000', '16505551212']);
    expect(sent.user_data.ph).toHaveLength(2);
  });

  test('no more than twenty', () => {
    const email = Array.from({ length: 30 }, (_, at) => `${at}@x.com`);
    const { personal, warnings } = delivered(of({ email }));
    expect(personal.em).toHaveLength(20);
    expect(warnings).toEqual(['too_many_values context.traits.email']);
  });
});

describe('external_id', () => {
  const alternativeExternalIdField = 'properties.externalId';

  test.each<[string, Record<string, unknown>, unknown]>([
    ['userId', { userId: ' U-1 ', anonymousId: 'a' }, 'u-1'],
    ['a number', { userId: 17 }, '17'],
    ['anonymousId without userId', { userId: undefined, anonymousId: 'A' }, 'a'],
    ['anonymousId for an empty userId', { userId: '', anonymousId: 'A' }, 'a'],
    ['anonymousId for an unusable userId', { userId: {}, anonymousId: 'A' }, 'a'],
    ['a hash, in small letters', { userId: 'AB'.repeat(32) }, 'ab'.repeat(32)],
  ])('%s', (_case, fields, expected) => {
    expect(delivered(track(fields)).personal.external_id).toEqual(expected);
  });

  test.each<[string, unknown, unknown]>([
    ['a text', 'Member-1', 'member-1'],
    ['several', ['m-1', 'm-2'], ['m-1', 'm-2']],
    ['missing: userId', undefined, 'u1'],
    ['empty: userId', '', 'u1'],
    ['unusable: userId', { a: 1 }, 'u1'],
  ])('an alternative field: %s', (_case, externalId, expected) => {
    const event = track({ properties: { externalId } });
    const { personal, custom } = delivered(event, { alternativeExternalIdField });
    expect(personal.external_id).toEqual(expected);
    expect(custom).toEqual({});
  });

  test.each([
    'context.traits.ids.crm',
    '$.context.traits.ids.crm',
    ' context.traits.ids.crm',
    'context.traits.list.0.id',
  ])('a field anywhere: %j', (path) => {
    const event = of({ ids: { crm: 'C-1' }, list: [{ id: 'C-1' }] });
    const { personal } = delivered(event, { alternativeExternalIdField: path });
    expect(personal.external_id).toBe('c-1');
  });

  test.each(['constructor', 'properties.__proto__', 'a.b.c', ''])('a field nowhere: %j', (path) => {
    const { personal } = delivered(track(), { alternativeExternalIdField: path });
    expect(personal.external_id).toBe('u1');
  });

  test('a setting sends it as it came', () => {
    const { personal, user } = delivered(track({ userId: 'U-1' }), { hashExternalId: false });
    expect(personal).toEqual({});
    expect(user['external_id']).toBe('U-1');
    const event = track({ properties: { externalId: ['A', 'B', 'A'] } });
    const settings = { hashExternalId: false, alternativeExternalIdField };
    expect(delivered(event, settings).user['external_id']).toEqual(['A', 'B']);
  });

  test('an e-mail address is hashed, whatever the setting', () => {
    const { personal, user } = delivered(track({ userId: 'Jo@x.com' }), { hashExternalId: false });
    expect(personal).toEqual({ external_id: 'jo@x.com' });
    expect(user).not.toHaveProperty('external_id');
  });
});

describe('the country decides how other values are read', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>, unknown]>([
    ['of the address', { country: 'DE' }, {}, '493012345678'],
    ['the default of the pixel', {}, { defaultCountry: 'DE' }, '493012345678'],
    ['the address before the default', { country: 'AT' }, { defaultCountry: 'DE' }, '433012345678'],
    ['hashed, so unknown', { country: 'a'.repeat(64) }, {}, '3012345678'],
  ])('a national phone number: %s', (_case, address, settings, expected) => {
    const event = of({ phone: '030 12345678', address });
    expect(delivered(event, settings).personal.ph).toBe(expected);
  });

  test('whatever the order of the traits', () => {
    const event = of({ phone: '030 12345678', address: { state: 'Bayern', country: 'DE' } });
    expect(delivered(event).personal).toMatchObject({ ph: '493012345678', st: 'bayern' });
  });

  test('the default itself is not sent', () => {
    const { personal } = delivered(of({ phone: '030 12345678' }), { defaultCountry: 'DE' });
    expect(personal).not.toHaveProperty('country');
  });

  test('an unknown one is warned about, once', () => {
    const { personal, warnings } = delivered(of({ address: { country: 'Atlantis' } }));
    expect(personal).not.toHaveProperty('country');
    expect(warnings).toEqual(['invalid_country context.traits.address.country']);
  });
});

describe('client_ip_address', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>, string | undefined]>([
    ['IPv4', { ip: '203.0.113.9' }, {}, '203.0.113.9'],
    ['IPv6', { ip: '2001:db8::1' }, {}, '2001:db8::1'],
    ['IPv6 beside IPv4', { ip: '203.0.113.9', ipv6: '2001:db8::1' }, {}, '2001:db8::1'],
    ['of a private network', { ip: '192.168.1.5' }, {}, undefined],
    ['beside a private one', { ip: '203.0.113.9', ipv6: 'fe80::1' }, {}, '203.0.113.9'],
    ['of the event', { ip: '203.0.113.9' }, { client_ip_address: '2001:db8::2' }, '2001:db8::2'],
    ['junk beside IPv4', { ip: '203.0.113.9', ipv6: 'none' }, {}, '203.0.113.9'],
    ['junk', { ip: 'unknown' }, {}, undefined],
    ['a number', { ip: 3_405_803_785 }, {}, undefined],
  ])('%s', (_case, context, properties, expected) => {
    const { user, custom } = delivered(track({ context: browser(context), properties }));
    expect(user['client_ip_address']).toBe(expected);
    expect(custom).toEqual({});
  });
});

const HASH_OF_NOTHING = createHash('sha256').digest('hex').toUpperCase();

describe('values that are of no use', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['an e-mail', { email: 'nobody' }, 'invalid_email context.traits.email'],
    ['a phone', { phone: '12' }, 'invalid_phone context.traits.phone'],
    ['a name', { firstName: '***' }, 'unusable_value context.traits.firstName'],
    ['a name that is none', { lastName: { a: 1 } }, 'unusable_value context.traits.lastName'],
    ['a placeholder', { firstName: 'undefined' }, 'placeholder_value context.traits.firstName'],
    ['a hash of nothing', { email: HASH_OF_NOTHING }, 'unusable_value context.traits.email'],
    ['a novel', { lastName: 'x'.repeat(513) }, 'unusable_value context.traits.lastName'],
    ['a birthday', { birthday: 'spring' }, 'invalid_birthday context.traits.birthday'],
    ['either', { birthday: '03/04/1985' }, 'ambiguous_birthday context.traits.birthday'],
    ['a gender', { gender: 'unknown' }, 'unsupported_gender context.traits.gender'],
    [
      'a zip',
      { address: { postalCode: 'somewhere else' } },
      'invalid_postal_code context.traits.address.postalCode',
    ],
  ])('%s: absent, with a warning', (_case, traits, warning) => {
    const { personal, warnings } = delivered(of(traits));
    expect(personal).toEqual({ external_id: 'u1' });
    expect(warnings).toEqual([warning]);
  });

  test.each([[''], ['   '], [null], [undefined]])('%j: absent, and that is all', (value) => {
    const traits = { email: value, phone: value, firstName: value, birthday: value };
    const { personal, warnings } = delivered(of({ ...traits, address: { city: value } }));
    expect(personal).toEqual({ external_id: 'u1' });
    expect(warnings).toEqual([]);
  });

  test.each([['x'], [5], [null], [[]]])('traits and address that are no objects: %j', (value) => {
    expect(delivered(of(value)).personal).toEqual({ external_id: 'u1' });
    expect(delivered(of({ address: value })).personal).toEqual({ external_id: 'u1' });
  });
});

test('a value is hashed already: it passes through, once, in small letters', () => {
  const hash = 'AB'.repeat(32);
  const traits = { email: [hash, hash.toLowerCase()], phone: hash, birthday: hash, gender: hash };
  const { personal, sent } = delivered(of({ ...traits, address: { country: hash, state: hash } }));
  for (const field of ['em', 'ph', 'db', 'ge', 'country', 'st'] as const) {
    expect(personal[field]).toBe(hash.toLowerCase());
    expect(sent.user_data[field]).toBe(hash.toLowerCase());
  }
});

/** A value that fits the field, whatever field it is. */
const FITTING: Readonly<Record<string, string>> = {
  em: 'jo@example.com',
  ph: '+16505551212',
  ge: 'f',
  db: '1985-03-12',
  country: 'US',
  client_ip_address: '203.0.113.9',
  fbc: 'fb.1.1795082341205.AbC',
  fbp: 'fb.1.1795082341205.123',
};

const PLACES = USER_DATA.flatMap(({ field, from, source }) =>
  from.map((path) => ({ field, path, source })),
);

test.each(PLACES)('$field is read from $path', ({ field, path, source }) => {
  const value = path === 'context.page.url' ? 'https://x.y/?fbclid=A' : (FITTING[field] ?? '12345');
  const event = track();
  let object = event as Record<string, unknown>;
  const steps = path.split('.');
  for (const step of steps.slice(0, -1)) {
    object[step] = { ...(object[step] as object | undefined) };
    object = object[step] as Record<string, unknown>;
  }
  object[steps.at(-1) ?? ''] = value;
  const { personal, user, warnings } = delivered(event);
  expect({ ...personal, ...user }).toHaveProperty(field);
  expect(warnings.filter((warning) => warning.includes(path))).toEqual([]);
  expect(source).toMatch(/^(Segment|Meta)/);
});
