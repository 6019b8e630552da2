import { describe, expect, test } from '@jest/globals';
import { createHorizon } from '#core/fields/head-fields.ts';
import { browser, delivered, HAPPENED, judge, NOW, outcome, track } from '../mapping/mapped.ts';

type Json = Readonly<Record<string, unknown>>;

/** Some fields of a delivered event, and its warnings. */
type Found = Json & { readonly warnings: readonly string[] };

const SECONDS = Date.parse(HAPPENED) / 1000;

/** A purchase, as a shop sends it that names things in its own way. */
const order = (properties: Json = {}, others: Json = {}) =>
  track({ event: 'Order Completed', properties: { revenue: 10, ...properties }, ...others });

describe('fields of user_data', () => {
  const read = (fields: Json, event: Json, settings: Json = {}): Found => {
    const { personal, user, warnings } = delivered(event, { fields, ...settings });
    return { ...user, ...personal, warnings };
  };
  const traits = (values: Json) => track({ context: browser({ traits: values }) });

  test.each<[string, unknown, Json, string, unknown]>([
    ['a path', 'properties.mail', { mail: ' Jo@X.com' }, 'em', 'jo@x.com'],
    [
      'several values',
      'properties.mails',
      { mails: ['a@x.com', 'b@x.com'] },
      'em',
      ['a@x.com', 'b@x.com'],
    ],
    [
      'a list',
      'properties.all[].no',
      { all: [{ no: '+49 30 901820' }, {}, { no: '+49 30 901821' }] },
      'ph',
      ['4930901820', '4930901821'],
    ],
    [
      'a template',
      '+{{properties.cc}}{{properties.no}}',
      { cc: 49, no: '30901820' },
      'ph',
      '4930901820',
    ],
    ['a literal', { value: 'Germany' }, {}, 'country', 'de'],
    ['an identifier', 'properties.lead', { lead: 12345 }, 'lead_id', '12345'],
    [
      'an address',
      'properties.peer',
      { peer: '10.0.0.1, 203.0.113.9' },
      'client_ip_address',
      '203.0.113.9',
    ],
    [
      'an id',
      '{{properties.shop}}:{{properties.no}}',
      { shop: 'DE', no: 7 },
      'external_id',
      'de:7',
    ],
  ])('%s', (_, source, properties, field, value) => {
    const found = read({ [field]: source }, track({ properties }));
    expect(found).toMatchObject({ [field]: value, warnings: [] });
  });

  test('the first usable value counts, and one that is not has its warning', () => {
    const fields = { em: ['context.traits.email', 'properties.mail', 'properties.other'] };
    const event = (email: unknown, mail: unknown) => ({
      ...traits({ email }),
      properties: { mail, other: 'c@x.com' },
    });
    expect(read(fields, event('a@x.com', 'b@x.com'))['em']).toBe('a@x.com');
    expect(read(fields, event(' ', 'b@x.com'))).toMatchObject({ em: 'b@x.com', warnings: [] });
    expect(read(fields, event('none', 'b@x'))).toMatchObject({
      em: 'c@x.com',
      warnings: ['invalid_email context.traits.email', 'invalid_email properties.mail'],
    });
  });

  test('a list of values is not added to: the first path wins', () => {
    const fields = { em: ['properties.mails', 'context.traits.email'] };
    const event = {
      ...traits({ email: 'c@x.com' }),
      properties: { mails: ['a@x.com', 'b@x.com'] },
    };
    expect(read(fields, event)['em']).toEqual(['a@x.com', 'b@x.com']);
  });

  test('the usual places of the field are left alone', () => {
    const found = read(
      { em: 'properties.mail', ge: [] },
      traits({ email: 'a@x.com', gender: 'f' }),
    );
    expect(found).not.toHaveProperty('em');
    expect(found).not.toHaveProperty('ge');
    expect(found.warnings).toEqual([]);
  });

  test('a phone is read as one of the country, wherever that is from', () => {
    const national = { properties: { tel: '030 901820', land: 'DE' } };
    expect(read({ ph: 'properties.tel', country: 'properties.land' }, track(national))['ph']).toBe(
      '4930901820',
    );
    const address = { ...traits({ address: { country: 'Germany' } }), ...national };
    expect(read({ ph: 'properties.tel' }, address)).toMatchObject({
      ph: '4930901820',
      country: 'de',
      warnings: [],
    });
  });

  test('an external id is sent as it came where the pixel does not hash it', () => {
    const event = { ...traits({ email: 'a@x.com' }), properties: { no: 'K-7' } };
    const settings = { hashExternalId: false };
    expect(read({ external_id: 'properties.no' }, event, settings)['external_id']).toBe('K-7');
    expect(read({ external_id: [] }, event, settings)).not.toHaveProperty('external_id');
  });

  test.each([
    ['properties.click', 'fb.1.1795168000000.AbC', 'fb.1.1795168000000.AbC'],
    ['properties.fbclid', 'AbC-1', `fb.1.${SECONDS * 1000}.AbC-1`],
    ['context.page.url', 'https://x.example/?fbclid=AbC', `fb.1.${SECONDS * 1000}.AbC`],
  ])('fbc from %s', (path, value, fbc) => {
    const event = track({
      properties: { click: value, fbclid: value },
      context: browser({ page: { url: value } }),
    });
    expect(read({ fbc: path }, event)['fbc']).toBe(fbc);
  });

  test.each([
    ['properties.click', 'AbC', ['invalid_fbc properties.click']],
    ['properties.fbclid', 'undefined', ['invalid_fbc properties.fbclid']],
    ['context.page.url', 'https://x.example/?fbclid=a%20b', ['invalid_fbc context.page.url']],
    ['context.page.url', 'https://x.example/', []],
  ])('no fbc from %s when it is %s', (path, value, warnings) => {
    const event = track({
      properties: { click: value, fbclid: value },
      context: browser({ page: path === 'context.page.url' ? { url: value } : undefined }),
    });
    const found = read({ fbc: path, event_source_url: { value: 'https://x.example/' } }, event);
    expect(found).not.toHaveProperty('fbc');
    expect(found.warnings).toEqual(warnings);
  });

  test('a property that goes there leaves custom_data, without a warning', () => {
    const fields = {
      em: ['properties.email', 'properties.customer.mail'],
      lead_id: 'properties.lead',
    };
    const properties = { email: 'a@x.com', lead: 7, color: 'red', customer: { tier: 'gold' } };
    const { custom, warnings } = delivered(track({ properties }), { fields });
    expect(custom).toEqual({ color: 'red', customer: { tier: 'gold' } });
    expect(warnings).toEqual([]);
  });
});

describe('fields of the event', () => {
  const read = (fields: Json, event: Json) => delivered(event, { fields });

  test.each<[string, Json, string, unknown]>([
    ['event_id', { properties: { event_id: 'e-1' } }, 'properties.event_id', 'e-1'],
    ['event_id', { properties: { order: 7 } }, 'order-{{properties.order}}', 'order-7'],
    [
      'event_source_url',
      { properties: { at: 'https://a.example/?email=x' } },
      'properties.at',
      'https://a.example/?email=_removed_',
    ],
    [
      'referrer_url',
      { properties: { from: 'https://b.example/' } },
      'properties.from',
      'https://b.example/',
    ],
    ['opt_out', { properties: { no_ads: 'true' } }, 'properties.no_ads', true],
    ['action_source', { properties: { channel: 'Email' } }, 'properties.channel', 'email'],
    ['event_time', { properties: { paid_at: SECONDS - 60 } }, 'properties.paid_at', SECONDS - 60],
    [
      'data_processing_options',
      { context: browser({ ldu: [['LDU'], 1, 1000] }) },
      'context.ldu',
      ['LDU'],
    ],
  ])('%s', (field, event, source, value) => {
    expect(read({ [field]: source }, track(event)).plain).toHaveProperty(field, value);
  });

  test('a property with the name of the field leaves custom_data; others are copied', () => {
    const fields = {
      event_id: ['properties.event_id', 'messageId'],
      event_time: 'properties.paid_at',
    };
    const properties = { event_id: 'e-1', paid_at: HAPPENED };
    expect(read(fields, track({ properties })).custom).toEqual({ paid_at: HAPPENED });
  });

  test.each<[Json, string | undefined, string[]]>([
    [{ properties: { event_id: 'e-1' } }, 'e-1', []],
    [{ properties: {} }, 'm1', []],
    [{ properties: { event_id: 'undefined' } }, 'm1', ['placeholder_value properties.event_id']],
    [{ properties: { event_id: { a: 1 } } }, 'm1', ['invalid_property properties.event_id']],
    [{ messageId: null }, undefined, ['missing_event_id properties.event_id, messageId']],
  ])('event_id of %j is %s', (event, id, warnings) => {
    const found = read({ event_id: ['properties.event_id', 'messageId'] }, track(event));
    expect([found.plain.event_id, found.warnings]).toEqual([id, warnings]);
  });

  test('an event_id with an e-mail address is hashed', () => {
    const found = read(
      { event_id: 'properties.order' },
      track({ properties: { order: 'a@x.com-1' } }),
    );
    expect(found.plain.event_id).toMatch(/^[0-9a-f]{64}$/);
    expect(found.warnings).toContain('personal_data_removed properties.order');
  });

  test.each<[Json, number, string[]]>([
    [{ paid_at: SECONDS - 5 }, SECONDS - 5, []],
    [{}, SECONDS, []],
    [{ paid_at: 'soon' }, SECONDS, ['invalid_time properties.paid_at']],
  ])('the time with %j stands in where there is none', (properties, time, warnings) => {
    const found = read({ event_time: ['properties.paid_at'] }, track({ properties }));
    expect([found.plain.event_time, found.warnings]).toEqual([time, warnings]);
  });

  test('no time at all is that of reading, with a warning', () => {
    const found = read({ event_time: 'properties.at' }, track({ timestamp: undefined }));
    expect(found.plain.event_time).toBe(NOW / 1000);
    expect(found.warnings).toEqual(['missing_timestamp timestamp']);
  });

  test('the time decides whether the event is too old, and so does the action source', () => {
    const old = { paid_at: SECONDS - 8 * 86_400, channel: 'physical_store' };
    const fields = { event_time: 'properties.paid_at' };
    expect(outcome(track({ properties: old }), { fields })).toBe('reject too_old');
    const store = { ...fields, action_source: 'properties.channel' };
    expect(outcome(track({ properties: old }), { fields: store })).toBe('deliver');
  });

  test.each<[Json, string]>([
    [{ channel: 'phone_call' }, 'phone_call'],
    [{}, 'website'],
    [{ action_source: 'email' }, 'website'],
    [{ channel: 'fax', kind: 'chat' }, 'chat'],
  ])('the action source of %j is %s', (properties, source) => {
    const fields = { action_source: ['properties.channel', 'properties.kind'] };
    expect(read(fields, track({ properties })).plain.action_source).toBe(source);
  });

  test('an action source that Meta does not know is refused, as without fields', () => {
    const fields = { action_source: 'properties.channel' };
    expect(outcome(track({ properties: { channel: 'fax' } }), { fields })).toBe(
      'reject invalid_action_source',
    );
  });

  test('options that cannot be read are as careful as without fields', () => {
    const fields = { data_processing_options: 'context.ldu' };
    const found = read(fields, track({ context: browser({ ldu: 'LDU', ip: '203.0.113.9' }) }));
    expect(found.plain.data_processing_options).toEqual(['LDU']);
    expect(found.warnings).toEqual(['invalid_data_processing_options context.ldu']);
    expect(read(fields, track()).plain).not.toHaveProperty('data_processing_options');
  });
});

describe('fields of custom_data', () => {
  const PRODUCTS = [
    { product_id: 'P-1', sku: 'S-1', price: 9.99, quantity: 2 },
    { product_id: 'P-2', sku: 'S-2', price: 0.1, quantity: 3 },
  ];
  const custom = (fields: Json, properties: Json, settings: Json = {}): Found => {
    const found = delivered(order(properties), { fields, ...settings });
    return { ...found.custom, warnings: found.warnings };
  };

  test.each<[string, Json, unknown, unknown]>([
    ['value', { total: '12,50' }, ['properties.missing', 'properties.total'], 12.5],
    [
      'value',
      { products: PRODUCTS },
      { sum: 'properties.products', of: 'price', times: 'quantity' },
      20.28,
    ],
    ['value', {}, { value: 20 }, 20],
    ['currency', { money: 'eur' }, 'properties.money', 'EUR'],
    ['currency', {}, { value: 'CHF' }, 'CHF'],
    ['num_items', { products: PRODUCTS }, { sum: 'properties.products', of: 'quantity' }, 5],
    ['num_items', { products: PRODUCTS }, 'properties.products.length', 2],
    ['content_ids', { products: PRODUCTS }, 'properties.products[].sku', ['S-1', 'S-2']],
    ['content_type', { products: PRODUCTS }, { value: 'product_group' }, 'product_group'],
    [
      'content_name',
      { sku: 'S', variant: 'red' },
      '{{properties.sku}}-{{properties.variant}}',
      'S-red',
    ],
    ['order_id', { transaction: 7 }, 'properties.transaction', '7'],
    ['search_string', { term: 'shoes' }, 'properties.term', 'shoes'],
    ['status', { done: true }, 'properties.done', 'true'],
    ['predicted_ltv', { ltv: 99 }, 'properties.ltv', 99],
    ['delivery_category', { how: 'curbside' }, 'properties.how', 'curbside'],
  ])('%s from %j', (field, properties, source, value) => {
    const found = custom({ [field]: source }, properties);
    expect(found).toMatchObject({ [field]: value, warnings: [] });
  });

  test('a source is copied, and what would have filled the field is not', () => {
    const fields = { order_id: 'properties.transaction', search_string: 'properties.term' };
    const found = custom(fields, { transaction: 't', order_id: 'o', term: 'a', query: 'b' });
    expect(found).toEqual({
      ...{ order_id: 't', search_string: 'a', transaction: 't', term: 'a' },
      ...{ value: 10, currency: 'USD', warnings: [] },
    });
  });

  test('a field without a usable value is not sent, whatever its usual places have', () => {
    const fields = { num_items: 'properties.count', content_ids: [], order_id: 'properties.no' };
    const found = custom(fields, { products: PRODUCTS, count: 'many', order_id: 'o' });
    expect(found.warnings).toEqual(['invalid_property properties.count']);
    for (const field of Object.keys(fields)) expect(found).not.toHaveProperty(field);
    expect(found).toHaveProperty('contents');
  });

  test('contents from a list that names things in its own way', () => {
    const contents = {
      each: 'properties.lines',
      id: 'shop_{{article.no}}',
      item_price: 'net',
      quantity: 'pcs',
    };
    const lines = [{ article: { no: 1 }, net: '9,90', pcs: 2 }, { net: 1 }];
    const found = custom({ contents }, { lines });
    expect(found).toMatchObject({
      contents: [{ id: 'shop_1', item_price: 9.9, quantity: 2 }],
      content_ids: ['shop_1'],
      content_type: 'product',
      num_items: 2,
      warnings: ['invalid_product properties.lines[1]'],
    });
  });

  test('contents from the first list with an item of use', () => {
    const fields = { contents: ['properties.lines', 'properties.products'] };
    const found = custom(fields, { lines: [{ color: 'red' }], products: PRODUCTS });
    expect(found['contents']).toHaveLength(2);
    expect(found.warnings).toEqual(['invalid_product properties.lines[0]']);
  });

  test.each<[string, Json, string[]]>([
    [
      'a total with a price missing',
      { products: [{ id: 'P', price: 1 }, { id: 'Q' }] },
      ['invalid_number properties.products'],
    ],
    ['no products', { products: [] }, []],
  ])('%s is no value', (_, properties, warnings) => {
    const fields = { value: [{ sum: 'properties.products', of: 'price' }, 'properties.total'] };
    const found = custom(fields, { ...properties, total: 5 });
    expect(found).toMatchObject({ value: 5, warnings });
  });

  test('a Purchase without a value is refused in words that name its sources', () => {
    const fields = { value: ['properties.total', 'properties.sum'] };
    expect(judge(order(), { fields })).toMatchObject({
      reason: 'missing_value',
      message: 'a Purchase needs a numeric value in properties.total, properties.sum',
    });
    const zero = custom(fields, {}, { purchaseWithoutValue: 'zero' });
    expect(zero).toMatchObject({
      value: 0,
      warnings: ['missing_value properties.total, properties.sum'],
    });
  });

  test.each<[Json, string]>([
    [{ money: 'EUR' }, 'EUR'],
    [{ money: 'EURO', cur: 'EUR' }, 'EUR'],
    [{ currency: 'JPY' }, 'USD'],
  ])('the currency of %j is %s', (properties, currency) => {
    const fields = { currency: ['properties.money', 'properties.cur'] };
    expect(custom(fields, properties)).toHaveProperty('currency', currency);
  });

  test('a currency that does not exist is refused, as without fields', () => {
    const fields = { currency: ['properties.money', 'properties.cur'] };
    expect(judge(order({ money: 'EURO' }), { fields })).toMatchObject({
      reason: 'invalid_currency',
      message: 'properties.money, properties.cur is not an ISO 4217 currency code',
    });
  });

  test('a name of its own', () => {
    const fields = {
      'custom_data.tier': ['context.traits.tier', { value: 'none' }],
      'custom_data.tags': 'properties.products[].tag',
    };
    const event = order(
      { tier: 'silver', products: [{ id: 1, tag: 'x' }, { id: 2 }] },
      { context: browser({ traits: { tier: 'gold' } }) },
    );
    const found = delivered(event, { fields });
    expect(found.custom).toMatchObject({ tier: 'gold', tags: ['x'] });
    expect(delivered(order({ tier: 'silver' }), { fields }).custom).toMatchObject({ tier: 'none' });
  });

  test('personal data is removed from whatever comes from a path', () => {
    const fields = {
      content_name: ['properties.label', 'properties.title'],
      'custom_data.note': ['properties.text', 'properties.meta'],
      status: 'properties.link',
    };
    const found = custom(fields, {
      ...{ label: 'for a@x.com', title: 'Shoe', text: 'a@x.com' },
      ...{ meta: { email: 'b@x.com', size: 9 }, link: 'https://x.example/?phone=123' },
    });
    expect(found).toMatchObject({
      content_name: 'Shoe',
      note: { size: 9 },
      status: 'https://x.example/?phone=_removed_',
    });
    expect(JSON.stringify(found)).not.toContain('@x.com');
    expect(found.warnings).toContain('personal_data_removed properties.label');
    expect(found.warnings).toContain('personal_data_removed properties.text');
  });
});

test('a warning about a source says which field it is about', () => {
  const fields = { fn: 'properties.given', order_id: 'properties.no', event_time: 'properties.at' };
  const result = judge(track({ properties: { given: '!!!', no: {}, at: 'x' } }), { fields });
  const named =
    result.outcome === 'deliver' ? result.warnings.map(({ code, field }) => [code, field]) : [];
  expect(named).toEqual(
    expect.arrayContaining([
      ['unusable_value', 'fn'],
      ['invalid_property', 'order_id'],
      ['invalid_time', 'event_time'],
    ]),
  );
});

test('the horizon of an event that is not mapped is that of the fields of its pixel', () => {
  const event = { timestamp: SECONDS, properties: { at: SECONDS - 100, where: 'physical_store' } };
  const fields = { event_time: 'properties.at', action_source: 'properties.where' };
  const horizon = (own: Json) =>
    createHorizon({ fields: own, defaultActionSource: 'website' })(event);
  expect(horizon({})).toBe(SECONDS + 7 * 86_400);
  expect(horizon(fields)).toBe(SECONDS - 100 + 62 * 86_400);
  expect(createHorizon(null)(event)).toBe(SECONDS + 7 * 86_400);
  expect(createHorizon(null)({})).toBeNull();
});
