import { describe, expect, test } from '@jest/globals';
import { messageOf } from '#sandbox/validator/fault.ts';
import { type ValidatorOptions, validateRequest } from '#sandbox/validator/validate.ts';
import {
  type Changes,
  HASH,
  NOW,
  sampleBody,
  sampleEvent,
  withCustomData,
  withUserData,
} from './sample-event.ts';

const DAY = 86_400;
const OPTIONS: ValidatorOptions = {
  now: NOW,
  requireWebsiteContext: false,
  allowPersonalData: false,
};

/** `subcode` of a refusal, else its message; null where the event is accepted. */
function rejectionOf(
  event: unknown,
  options: Partial<ValidatorOptions> = {},
): number | string | null {
  const judgement = validateRequest({ data: [event] }, { ...OPTIONS, ...options });
  if (judgement.accepted) return null;
  const { fault, index } = judgement;
  return fault.kind === 'listed' ? fault.subcode : messageOf(fault, index, 'some');
}

function identifiedBy(...fields: string[]): Changes {
  const values: Changes = { client_ip_address: '2001:db8::1', client_user_agent: 'Mozilla/5.0' };
  const data = fields.map((field) => [field, values[field] ?? HASH] as const);
  return sampleEvent({ user_data: Object.fromEntries(data) });
}

/** An event of business messaging. */
function message(changes: Changes = {}, user: Changes = {}): Changes {
  return sampleEvent({
    event_name: 'LeadSubmitted',
    action_source: 'business_messaging',
    messaging_channel: 'messenger',
    event_source_url: undefined,
    user_data: JSON.parse(JSON.stringify({ page_id: '1', page_scoped_user_id: '2', ...user })),
    ...changes,
  });
}

/** An event that appends a value to another one. */
function appending(changes: Changes = {}): Changes {
  return sampleEvent({
    event_name: 'AppendValue',
    original_event_data: { event_name: 'Purchase', event_time: NOW, order_id: 'o', event_id: 'e' },
    custom_data: { predicted_ltv: 20.1, currency: 'USD' },
    ...changes,
  });
}

describe('accepts', () => {
  test.each<[string, unknown]>([
    ['a message of Messenger', message()],
    ['a message of WhatsApp', message({ messaging_channel: 'whatsapp' }, { ctwa_clid: 'A' })],
    [
      'a message of Instagram',
      message(
        { messaging_channel: 'instagram' },
        { ig_sid: '3', instagram_business_account_id: 4 },
      ),
    ],
    [
      'a message that Meta itself found',
      message(
        {
          messaging_channel: 'whatsapp',
          messaging_outcome_data: { outcome_type: 'automatic_events' },
        },
        { page_id: undefined, ctwa_clid: 'A' },
      ),
    ],
    ['a predicted lifetime value', appending()],
    [
      'an attribution, with the id of the ad as a number',
      appending({
        event_name: 'AppendAttribution',
        attribution_data: {
          ad_id: 12345,
          touchpoint_ts: NOW,
          attribution_share: 0.3,
          attribution_value: 100.2,
        },
        custom_data: { currency: 'USD' },
      }),
    ],
    ['a complete event', sampleEvent()],
    ['the oldest event', sampleEvent({ event_time: NOW - 7 * DAY })],
    ['a clock a minute ahead', sampleEvent({ event_time: NOW + 60 })],
    [
      'an old event of a store',
      sampleEvent({ action_source: 'physical_store', event_time: NOW - 62 * DAY }),
    ],
    ['a name of 50 characters', sampleEvent({ event_name: '🎉'.repeat(50) })],
    ['no custom_data', sampleEvent({ custom_data: undefined })],
    ['no event_id', sampleEvent({ event_id: undefined })],
    [
      'an app link outside the web',
      sampleEvent({ action_source: 'app', event_source_url: 'a://b' }),
    ],
    ['arrays of hashes', withUserData({ em: [HASH, HASH], ph: [HASH] })],
    ['an unhashed external_id', withUserData({ external_id: ['user-1', HASH] })],
    ['an IPv6 address', withUserData({ client_ip_address: '2001:db8::1' })],
    [
      'fbc and fbp',
      withUserData({ fbc: 'fb.1.1795168000000.IwAR_x-Y', fbp: 'fb.1.1795168000000.42' }),
    ],
    ['fbc with an appendix', withUserData({ fbc: 'fb.1.1795168000000.IwAR.AQEBAQIA' })],
    ['a lead id', withUserData({ lead_id: 525645896321548 })],
    ['lower-case currency', withCustomData({ currency: 'eur' })],
    ['free keys in custom_data', withCustomData({ coupon: 'MAY', nested: { a: [1, 'b'] } })],
    ['an image of double density', withCustomData({ content_name: 'logo@2x.png, @home' })],
    ['a value of zero', withCustomData({ value: 0 })],
    ['no options of data processing', sampleEvent({ data_processing_options: [] })],
    [
      'limited data use in California',
      sampleEvent({
        data_processing_options: ['LDU'],
        data_processing_options_country: 1,
        data_processing_options_state: 1000,
      }),
    ],
    [
      'a complete extinfo',
      sampleEvent({
        action_source: 'app',
        app_data: {
          advertiser_tracking_enabled: 1,
          application_tracking_enabled: 0,
          extinfo: ['a2', ...Array.from({ length: 15 }, () => '')],
        },
      }),
    ],
  ])('%s', (_, event) => {
    expect(rejectionOf(event)).toBeNull();
  });
});

describe('refuses by subcode', () => {
  test.each<[string, number, unknown]>([
    ['no event_name', 2804019, sampleEvent({ event_name: undefined })],
    ['an empty event_name', 2804019, sampleEvent({ event_name: '' })],
    ['no event_time', 2804019, sampleEvent({ event_time: undefined })],
    ['no action_source', 2804019, sampleEvent({ action_source: undefined })],
    ['no user_data', 2804019, sampleEvent({ user_data: undefined })],
    ['a week and a second', 2804003, sampleEvent({ event_time: NOW - 7 * DAY - 1 })],
    [
      '62 days and a second in a store',
      2804003,
      sampleEvent({ action_source: 'physical_store', event_time: NOW - 62 * DAY - 1 }),
    ],
    ['the future', 2804004, sampleEvent({ event_time: NOW + 61 })],
    ['milliseconds', 2804004, sampleEvent({ event_time: NOW * 1000 })],
    ['an e-mail address in clear', 2804016, withUserData({ em: 'someone@example.com' })],
    ['an upper-case hash', 2804016, withUserData({ em: HASH.toUpperCase() })],
    ['an MD5', 2804016, withUserData({ ph: HASH.slice(0, 32) })],
    ['one unhashed of two', 2804016, withUserData({ em: [HASH, 'x'] })],
    ['64 characters that are none', 2804016, withUserData({ ct: 'š'.repeat(64) })],
    ['an fbc of three parts', 2804001, withUserData({ fbc: 'fb.1.1795168000000' })],
    ['an fbc in seconds', 2804001, withUserData({ fbc: 'fb.1.1795168000.IwAR' })],
    ['an fbp that is not a number', 2804001, withUserData({ fbp: 'fb.1.1795168000000.abc' })],
    ['a hashed fbp', 2804001, withUserData({ fbp: HASH })],
    [
      'a Purchase without value',
      2804009,
      sampleEvent({ event_name: 'Purchase', custom_data: { currency: 'EUR' } }),
    ],
    [
      'a Purchase without currency',
      2804010,
      sampleEvent({ event_name: 'Purchase', custom_data: { value: 1 } }),
    ],
    ['a message without its channel', 2804063, message({ messaging_channel: undefined })],
    ['a message under a name of the web', 2804066, message({ event_name: 'Lead' })],
    ['a message of Messenger without its page', 2804069, message({}, { page_id: undefined })],
    [
      'a message without the person',
      2804019,
      message({}, { page_scoped_user_id: undefined, em: HASH }),
    ],
    [
      'a message of WhatsApp without its account',
      2804116,
      message({ messaging_channel: 'whatsapp' }, { page_id: undefined, ctwa_clid: 'A' }),
    ],
    [
      'a message of WhatsApp without its click',
      2804019,
      message({ messaging_channel: 'whatsapp' }),
    ],
    [
      'a message of Instagram without its account',
      2804019,
      message({ messaging_channel: 'instagram' }, { ig_sid: '1' }),
    ],
    ['an AppendValue without its event', 2804019, appending({ original_event_data: undefined })],
    [
      'an AppendValue of an event without an ID',
      2804019,
      appending({ original_event_data: { event_name: 'Lead' } }),
    ],
    ['an AppendValue without a value', 2804019, appending({ custom_data: { currency: 'EUR' } })],
    ['an AppendValue without a currency', 2804019, appending({ custom_data: { net_revenue: 5 } })],
    [
      'an AppendAttribution without the time',
      2804019,
      appending({ event_name: 'AppendAttribution' }),
    ],
    [
      'an AppendAttribution without its share',
      2804019,
      appending({
        event_name: 'AppendAttribution',
        original_event_data: { event_name: 'Lead', event_time: NOW },
        attribution_data: { ad_id: 1, touchpoint_ts: NOW, attribution_value: 1 },
      }),
    ],
    [
      'a Purchase without custom_data',
      2804009,
      sampleEvent({ event_name: 'Purchase', custom_data: undefined }),
    ],
  ])('%s', (_, subcode, event) => {
    expect(rejectionOf(event)).toBe(subcode);
  });
});

describe('refuses and names the place', () => {
  const at = (place: string, problem: string) => `(#100) Param $['data'][0]${place} ${problem}.`;
  test.each<[string, unknown]>([
    [at('', 'must be an object'), 'event'],
    [
      '(#100) Unexpected key "anonymousId" on param "$[\'data\'][0]".',
      sampleEvent({ anonymousId: '1' }),
    ],
    [
      '(#100) Unexpected key "email" on param "$[\'data\'][0][\'user_data\']".',
      withUserData({ email: HASH }),
    ],
    [
      '(#100) Unexpected key "__proto__" on param "$[\'data\'][0]".',
      JSON.parse(`{"__proto__":{},"event_name":"Lead"}`),
    ],
    [at(`['event_name']`, 'must be a string'), sampleEvent({ event_name: 7 })],
    [
      at(`['event_name']`, 'must have at most 50 characters'),
      sampleEvent({ event_name: 'x'.repeat(51) }),
    ],
    [at(`['event_time']`, 'must be an integer'), sampleEvent({ event_time: NOW - 0.5 })],
    [at(`['event_time']`, 'must be an integer'), sampleEvent({ event_time: `${NOW}` })],
    [at(`['event_id']`, 'must be a non-empty string'), sampleEvent({ event_id: 7 })],
    [at(`['opt_out']`, 'must be a boolean'), sampleEvent({ opt_out: 'no' })],
    [
      at(`['event_source_url']`, 'must begin with http:// or https://'),
      sampleEvent({ event_source_url: 'shop.example' }),
    ],
    [at(`['referrer_url']`, 'must be a string'), sampleEvent({ referrer_url: 1 })],
    [at(`['user_data']`, 'must be an object'), sampleEvent({ user_data: [] })],
    [at(`['user_data']['em']`, 'must be a string'), withUserData({ em: null })],
    [at(`['user_data']['em'][1]`, 'must be a string'), withUserData({ em: [HASH, 1] })],
    [
      at(`['user_data']['client_ip_address']`, 'must not be hashed'),
      withUserData({ client_ip_address: HASH }),
    ],
    [
      at(`['user_data']['client_ip_address']`, 'must be an IPv4 or IPv6 address'),
      withUserData({ client_ip_address: '203.0.113.7:80' }),
    ],
    [
      at(`['user_data']['client_user_agent']`, 'must not be hashed'),
      withUserData({ client_user_agent: HASH }),
    ],
    [at(`['user_data']['lead_id']`, 'must be an integer'), withUserData({ lead_id: 'abc' })],
    [at(`['custom_data']`, 'must be an object'), sampleEvent({ custom_data: 'x' })],
    [at(`['custom_data']['value']`, 'must be a number'), withCustomData({ value: '12.5' })],
    [at(`['custom_data']['value']`, 'must be a number'), withCustomData({ value: null })],
    [
      at(`['custom_data']['currency']`, 'must be a valid ISO 4217 currency code'),
      withCustomData({ currency: 'EURO' }),
    ],
    [at(`['custom_data']['num_items']`, 'must be an integer'), withCustomData({ num_items: 1.5 })],
    [
      at(`['custom_data']['content_ids'][1]`, 'must be a string'),
      withCustomData({ content_ids: ['a', 1] }),
    ],
    [
      at(`['custom_data']['content_category']`, 'must be a string'),
      withCustomData({ content_category: ['a'] }),
    ],
    [at(`['custom_data']['contents']`, 'must be an array'), withCustomData({ contents: {} })],
    [
      at(`['custom_data']['contents'][0]`, 'must be an object'),
      withCustomData({ contents: ['a'] }),
    ],
    [
      at(`['custom_data']['contents'][1]['id']`, 'must be a non-empty string'),
      withCustomData({ contents: [{ id: 'a' }, { id: 1 }] }),
    ],
    [
      at(`['custom_data']['contents'][0]['quantity']`, 'must be an integer of zero or more'),
      withCustomData({ contents: [{ id: 'a', quantity: 1.5 }] }),
    ],
    [
      at(`['custom_data']['contents'][0]['item_price']`, 'must be a number'),
      withCustomData({ contents: [{ id: 'a', item_price: '9' }] }),
    ],
    [
      at(`['custom_data']['contents'][0]['title']`, 'must be a string'),
      withCustomData({ contents: [{ id: 'a', title: 1 }] }),
    ],
    [
      at(
        `['custom_data']['contents'][0]['delivery_category']`,
        'must be one of in_store, curbside, home_delivery',
      ),
      withCustomData({ contents: [{ id: 'a', delivery_category: 'drone' }] }),
    ],
    [
      at(`['data_processing_options']`, 'must be [] or ["LDU"]'),
      sampleEvent({ data_processing_options: ['ldu'] }),
    ],
    [
      at(`['data_processing_options_country']`, 'must be 0 or 1'),
      sampleEvent({ data_processing_options_country: 2 }),
    ],
    [
      at(`['data_processing_options_state']`, 'must be 0 or 1000 and up'),
      sampleEvent({ data_processing_options_state: 5 }),
    ],
    [at(`['app_data']`, 'must be an object'), sampleEvent({ app_data: 1 })],
    [
      at(`['app_data']['advertiser_tracking_enabled']`, 'must be 0 or 1'),
      sampleEvent({ app_data: { advertiser_tracking_enabled: 2 } }),
    ],
    [
      at(`['messaging_channel']`, 'must be one of whatsapp, messenger, instagram'),
      message({ messaging_channel: 'telegram' }),
    ],
    [
      at(`['original_event_data']['event_time']`, 'must be an integer'),
      appending({ original_event_data: { event_time: '5' } }),
    ],
    [
      `(#100) Unexpected key "mood" on param "$['data'][0]['attribution_data']".`,
      appending({ attribution_data: { mood: 'good' } }),
    ],
    [
      at(
        `['attribution_data']['attribution_setting']['inactivity_window_hours']`,
        'must be an integer',
      ),
      appending({ attribution_data: { attribution_setting: { inactivity_window_hours: 'day' } } }),
    ],
    [
      at(`['attribution_data']['attribution_share']`, 'must be 0 to 1'),
      appending({ attribution_data: { attribution_share: 1.1 } }),
    ],
    [
      at(`['app_data']['vendor_id']`, 'must be a string'),
      sampleEvent({ app_data: { vendor_id: 5 } }),
    ],
    [
      at(`['app_data']['url_schemes']`, 'must be an array'),
      sampleEvent({ app_data: { url_schemes: 'fb1' } }),
    ],
    [
      at(`['app_data']['extinfo']`, 'must be an array of 16 elements'),
      sampleEvent({ app_data: { extinfo: ['a2'] } }),
    ],
    [
      at(`['custom_data']['email']`, 'must not carry personal data'),
      withCustomData({ email: 'jane' }),
    ],
    [
      at(`['custom_data']['First Name']`, 'must not carry personal data'),
      withCustomData({ 'First Name': 'x' }),
    ],
    [
      at(`['custom_data']['order']['phone_number']`, 'must not carry personal data'),
      withCustomData({ order: { phone_number: 1 } }),
    ],
    [
      at(`['custom_data']['search_string']`, 'must not contain an e-mail address in clear text'),
      withCustomData({ search_string: 'for a.b@example.com' }),
    ],
  ])('%s', (message, event) => {
    expect(rejectionOf(event)).toBe(message);
  });

  test('an unknown action_source', () => {
    expect(rejectionOf(sampleEvent({ action_source: 'Website' }))).toMatch(
      /^\(#100\) Param \$\['data'\]\[0\]\['action_source'\] must be one of website, app,/,
    );
  });
});

describe('customer information', () => {
  test.each([
    [[]],
    [['client_user_agent']],
    [['ct', 'st', 'zp', 'country', 'ge', 'client_user_agent']],
    [['ge', 'ct', 'st', 'country']],
    [['db', 'client_user_agent']],
    [['fn', 'ge']],
    [['ln', 'ge']],
    [['country', 'partner_name']],
  ])('%j is too broad', (fields) => {
    expect(rejectionOf(identifiedBy(...fields.filter((field) => field !== 'partner_name')))).toBe(
      2804050,
    );
  });

  test.each([
    [['em']],
    [['ph', 'country']],
    [['external_id']],
    [['client_ip_address', 'client_user_agent']],
    [['fn', 'ln', 'zp']],
    [['fn', 'db']],
    [['db', 'ge']],
    [['fn', 'country']],
  ])('%j is enough', (fields) => {
    expect(rejectionOf(identifiedBy(...fields))).toBeNull();
  });

  test('an empty array identifies no one', () => {
    expect(rejectionOf(sampleEvent({ user_data: { em: [], country: HASH } }))).toBe(2804050);
  });
});

describe('the request as a whole', () => {
  test.each<[string, unknown]>([
    ['(#100) The request body must be a JSON object.', []],
    ['(#100) The parameter data is required.', {}],
    ['(#100) Param data must be an array.', { data: {} }],
    ['(#100) Param data must be non-empty.', { data: [] }],
    ['(#100) Param data must have at most 1000 elements.', sampleBody(1001)],
    ['(#100) Param test_event_code must be a string.', { ...sampleBody(1), test_event_code: 1 }],
  ])('%s', (message, body) => {
    const judgement = validateRequest(body, OPTIONS);
    expect(judgement).toMatchObject({ accepted: false, index: null });
    if (!judgement.accepted) expect(messageOf(judgement.fault, null, 'always')).toBe(message);
  });

  test('takes 1,000 events', () => {
    expect(validateRequest(sampleBody(1000), OPTIONS)).toMatchObject({
      accepted: true,
      messages: [],
    });
  });

  test('one invalid event refuses all, and the first is the one that is named', () => {
    const body = sampleBody(10);
    body.data[4] = sampleEvent({ opt_out: 1 });
    body.data[7] = sampleEvent({ event_time: 0 });
    expect(validateRequest(body, OPTIONS)).toMatchObject({ accepted: false, index: 4 });
  });
});

describe('options', () => {
  test.each([['client_user_agent'], ['event_source_url']])(
    'website events need %s on demand',
    (field) => {
      const event =
        field === 'event_source_url'
          ? sampleEvent({ event_source_url: undefined })
          : withUserData({ client_user_agent: undefined });
      expect(rejectionOf(event, { requireWebsiteContext: true })).toBe(2804019);
      expect(validateRequest({ data: [sampleEvent(), event] }, OPTIONS)).toMatchObject({
        accepted: true,
        messages: [
          `website events without ${field} are not used for optimisation (1 of 2 events, first data[1])`,
        ],
      });
    },
  );

  test('personal data can be let through', () => {
    const event = withCustomData({ email: 'a.b@example.com' });
    expect(rejectionOf(event, { allowPersonalData: true })).toBeNull();
  });
});

describe('advice', () => {
  test.each<[RegExp, Changes]>([
    [/^app events need app_data with extinfo/, sampleEvent({ action_source: 'app' })],
    [
      /^app events need app_data with extinfo/,
      sampleEvent({ action_source: 'app', app_data: { advertiser_tracking_enabled: 1 } }),
    ],
    [/fields of a browser/, message({ event_source_url: 'https://shop.example/' })],
    [/fields of a browser/, message({}, { fbp: 'fb.1.1795168000000.42' })],
    [/^fbc is older than 90 days/, withUserData({ fbc: 'fb.1.1554763741205.AbC' })],
    [/^fbc is older/, withUserData({ fbc: `fb.1.${NOW * 1000}.AbC` })],
    [/^content_type is neither/, withCustomData({ content_type: 'hotel' })],
    [
      /^LDU is to be geolocated/,
      { ...withUserData({ client_ip_address: undefined }), data_processing_options: ['LDU'] },
    ],
  ])('%s', (message, event) => {
    const judgement = validateRequest({ data: [event] }, OPTIONS);
    expect(judgement).toMatchObject({ accepted: true, messages: [expect.stringMatching(message)] });
  });
});

describe('how much the message tells', () => {
  const listed = { kind: 'listed', subcode: 1, title: '', explanation: '' } as const;
  const parameter = { kind: 'parameter', path: ['opt_out'], problem: 'is bad' } as const;
  test.each([
    [listed, 'some', 'Invalid parameter'],
    [listed, 'always', `Invalid parameter: $['data'][3]`],
    [listed, 'never', 'Invalid parameter'],
    [parameter, 'some', `(#100) Param $['data'][3]['opt_out'] is bad.`],
    [parameter, 'never', 'Invalid parameter'],
  ] as const)('%j %s', (fault, shown, message) => {
    expect(messageOf(fault, 3, shown)).toBe(message);
  });
});
