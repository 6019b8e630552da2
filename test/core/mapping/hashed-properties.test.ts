import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { delivered, NOW, track } from './mapped.ts';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

function sending(name: string, value: unknown, more = {}) {
  const event = track({ properties: { [name]: value } });
  return delivered(event, { customDataHashList: [name], ...more });
}

describe('a listed property is sent as a hash', () => {
  test.each<[string, string, unknown, string]>([
    ['an e-mail address', 'email', ' Jane@Example.com', 'jane@example.com'],
    ['one of a customer', 'customer_email', 'Jane@Example.com', 'jane@example.com'],
    ['a phone number', 'userPhone', '+1 (650) 555-1212', '16505551212'],
    ['a first name', 'first_name', 'Mary-Ann', 'maryann'],
    ['a birthday', 'birthday', '1997-02-16', '19970216'],
    ['a postal code', 'billing_zip', '94025-1234', '94025'],
    ['a city', 'shippingCity', 'New York', 'newyork'],
    ['a country', 'country', 'Germany', 'de'],
    ['a name without a form', 'member_code', ' AB-12 ', 'ab-12'],
    ['a number', 'member_code', 42, '42'],
  ])('%s', (_case, name, value, canonical) => {
    const { custom, warnings } = sending(name, value, { defaultCountry: 'US' });
    expect({ custom, warnings }).toEqual({ custom: { [name]: sha256(canonical) }, warnings: [] });
  });

  test('a list, each value once', () => {
    const { custom } = sending('emails', ['a@x.org', 'A@X.org', null, 'b@x.org']);
    expect(custom).toEqual({ emails: [sha256('a@x.org'), sha256('b@x.org')] });
  });

  test('no more than twenty of a list', () => {
    const many = Array.from({ length: 30 }, (_, at) => `a${at}@x.org`);
    const { custom, warnings } = sending('emails', many);
    expect(custom['emails']).toHaveLength(20);
    expect(warnings).toEqual(['too_many_values properties.emails']);
  });

  test('the preview learns that it is hashed', () => {
    const origins: string[] = [];
    const settings = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', customDataHashList: ['email'] };
    const map = createMapper(settings, (field, origin) => origins.push(`${field} ${origin}`));
    map(track({ properties: { email: 'a@x.org' } }), NOW);
    expect(origins).toContain('custom_data.email properties.email, hashed');
  });
});

describe('nothing of it is sent', () => {
  test.each<[string, unknown, string[]]>([
    ['no value', null, []],
    ['an empty text', ' ', []],
    ['an empty list', [], []],
    ['an object', { email: 'a@x.org' }, ['unusable_value properties.email']],
    ['true', true, ['unusable_value properties.email']],
    ['no e-mail address', 'unknown', ['invalid_email properties.email']],
    ['the hash of nothing', sha256(''), ['unusable_value properties.email']],
  ])('%s', (_case, value, warnings) => {
    const found = sending('email', value);
    expect({ custom: found.custom, warnings: found.warnings }).toEqual({ custom: {}, warnings });
  });

  test('where the pixel never sends it', () => {
    expect(sending('email', 'a@x.org', { customDataDenyList: ['email'] }).custom).toEqual({});
  });

  test.each(['__proto__', 'currency', 'products', 'fbp', 'a@x.org'])(
    'under a name that cannot be listed: %s',
    (name) => {
      const event = track({ properties: JSON.parse(`{"${name}":"x1"}`) });
      const outcome = createMapper({
        ...DEFAULT_PIXEL_SETTINGS,
        pixelId: '1',
        customDataHashList: [name],
      })(event, NOW);
      expect(JSON.stringify(outcome)).not.toContain(sha256('x1'));
    },
  );
});

test('a property that is not listed is removed as before', () => {
  const { custom, warnings } = delivered(track({ properties: { email: 'a@x.org', phone: '1' } }), {
    customDataHashList: ['email'],
  });
  expect(custom).toEqual({ email: sha256('a@x.org') });
  expect(warnings).toEqual(['personal_data_removed properties.phone']);
});
