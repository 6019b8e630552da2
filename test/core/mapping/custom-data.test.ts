import { describe, expect, test } from '@jest/globals';
import type { PixelSettings } from '#core/event/pixel-settings.ts';
import { delivered, outcome, track } from './mapped.ts';

const withProperties = (properties: Record<string, unknown>, event = 'Clicked') =>
  track({ event, properties });

/** What becomes of properties, and the warnings. */
function custom(
  properties: Record<string, unknown>,
  { event = 'Clicked', ...settings }: Partial<PixelSettings> & { event?: string } = {},
) {
  const found = delivered(withProperties(properties, event), settings);
  return { ...found.custom, ...(found.warnings.length > 0 ? { warnings: found.warnings } : {}) };
}

describe('value', () => {
  test.each<[string, string, Record<string, unknown>, number | undefined]>([
    ['revenue', 'Clicked', { revenue: 12.5 }, 12.5],
    ['revenue as text', 'Clicked', { revenue: ' 12.50 ' }, 12.5],
    ['revenue of nothing', 'Clicked', { revenue: 0 }, 0],
    ['value', 'Clicked', { value: 3 }, 3],
    ['revenue before value', 'Clicked', { revenue: 1, value: 3 }, 1],
    ['value for an empty revenue', 'Clicked', { revenue: '', value: 3 }, 3],
    ['not the price', 'Clicked', { price: 9 }, undefined],
    ['the price before a purchase', 'Product Added', { price: 9, revenue: 1 }, 9],
    ['the price before a purchase', 'Product Viewed', { price: 9 }, 9],
    ['the price, in any case', ' product viewed', { price: 9 }, 9],
    ['revenue, where the price is missing', 'Product Viewed', { revenue: 4 }, 4],
    ['not the price of a list', 'Product List Viewed', { price: 9, revenue: 4 }, 4],
    ['not by the name that Meta gets', 'AddToCart', { price: 9 }, undefined],
  ])('%s (%s)', (_case, event, properties, expected) => {
    expect(custom(properties, { event })).toEqual(
      expect.objectContaining(expected === undefined ? {} : { value: expected, currency: 'USD' }),
    );
    expect('value' in custom(properties, { event })).toBe(expected !== undefined);
  });

  test('the identifier is a setting, and holds under a custom mapping', () => {
    const settings = {
      event: 'Product Added',
      valueFieldIdentifier: 'margin',
      eventMappings: { 'Product Added': 'Lead' },
    };
    expect(custom({ price: 9, margin: '2.5' }, settings)).toEqual({
      value: 2.5,
      currency: 'USD',
      price: 9,
      margin: '2.5',
    });
    const prefixed = { ...settings, valueFieldIdentifier: 'properties.margin' };
    expect(custom({ margin: 2 }, prefixed)).toEqual({ value: 2, currency: 'USD', margin: 2 });
    expect(custom({ margin: 2 }, { valueFieldIdentifier: 'margin' })).toEqual({ margin: 2 });
  });

  test.each([
    ['12,50', 12.5],
    ['0,5', 0.5],
    ['0,500', 0.5],
    ['1234,567', 1234.567],
    ['-1,5', -1.5],
    ['1,234.50', 1234.5],
    ['1,234,567', 1_234_567],
    ['1.234,50', 1234.5],
    ['1.234.567', 1_234_567],
    ['1.234', 1.234],
    ['1 234,50', 1234.5],
    ['1\u202f234,50', 1234.5],
    ["1'234.50", 1234.5],
    ['１２．５０', 12.5],
  ])('as people write it, where it leaves no doubt: %s', (revenue, expected) => {
    expect(custom({ revenue })).toEqual({ value: expected, currency: 'USD' });
  });

  test.each([
    'twelve',
    '1,234',
    '1,23,4',
    '12.5.0',
    '$12',
    '12 €',
    'NaN',
    'Infinity',
    Number.POSITIVE_INFINITY,
    true,
    {},
    '1'.repeat(50),
    '0x10',
  ])('no number: %j', (revenue) => {
    expect(custom({ revenue })).toEqual({ warnings: ['invalid_number properties.revenue'] });
  });
});

describe('a Purchase', () => {
  const event = 'Order Completed';

  test.each([{}, { revenue: null }, { revenue: 'x' }, { value: '' }, { total: 5 }])(
    'without a value is refused: %j',
    (properties) => expect(outcome(withProperties(properties, event))).toBe('reject missing_value'),
  );

  test('a setting sends 0', () => {
    expect(custom({}, { event, purchaseWithoutValue: 'zero' })).toEqual({
      value: 0,
      currency: 'USD',
      warnings: ['missing_value properties.revenue'],
    });
  });

  test('a custom mapping makes one too', () => {
    const eventMappings = { Bought: 'Purchase' };
    expect(outcome(withProperties({}, 'Bought'), { eventMappings })).toBe('reject missing_value');
    expect(outcome(withProperties({}, event), { eventMappings: { [event]: 'Lead' } })).toBe(
      'deliver',
    );
  });
});

describe('currency', () => {
  test.each<[string, Record<string, unknown>, string | undefined]>([
    ['as given', { currency: 'EUR', revenue: 1 }, 'EUR'],
    ['in capitals', { currency: ' eur ', revenue: 1 }, 'EUR'],
    ['without a value', { currency: 'EUR' }, 'EUR'],
    ['the default with a value', { revenue: 1 }, 'USD'],
    ['the default for an empty one', { currency: '', revenue: 1 }, 'USD'],
    ['none without a value', {}, undefined],
  ])('%s', (_case, properties, expected) => {
    expect(delivered(withProperties(properties)).custom['currency']).toBe(expected);
  });

  test('the default is a setting', () => {
    expect(custom({ revenue: 1 }, { defaultCurrency: 'GBP' })).toEqual({
      value: 1,
      currency: 'GBP',
    });
  });

  test.each(['euro', 'XYZ', 'XXX', 'US', '$', 5, {}, true])('%j is refused', (currency) => {
    expect(outcome(withProperties({ currency }))).toBe('reject invalid_currency');
  });
});

describe('contents', () => {
  test("products, by Segment's table", () => {
    const products = [
      { product_id: 'a', price: 18.99, quantity: 1, name: 'Monopoly', brand: 'Hasbro' },
      { product_id: 7, price: '3.5', quantity: '2', delivery_category: 'home_delivery' },
    ];
    expect(custom({ products })).toEqual({
      num_items: 2,
      contents: [
        { id: 'a', quantity: 1, item_price: 18.99 },
        { id: '7', quantity: 2, delivery_category: 'home_delivery', item_price: 3.5 },
      ],
      content_ids: ['a', '7'],
      content_type: 'product',
    });
  });

  test('a setting rounds prices, to the letter of the table', () => {
    const products = [{ product_id: 'a', price: 18.99 }];
    expect(custom({ products }, { roundItemPrices: true })).toMatchObject({
      contents: [{ id: 'a', item_price: 19 }],
    });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['product_id', { product_id: 'a', id: 'b', sku: 'c' }, 'a'],
    ['id', { id: 'b', sku: 'c' }, 'b'],
    ['sku', { product_id: '', sku: 'c' }, 'c'],
  ])('the id of a product is its %s', (_name, product, expected) => {
    expect(custom({ products: [product] })).toMatchObject({ content_ids: [expected] });
  });

  test('what is wrong in a product is left out, with a warning', () => {
    const products = [
      { product_id: 'a', price: 'dear', quantity: 1.5 },
      { name: 'no id' },
      'no object',
      { product_id: 'jo@x.com' },
      { product_id: 'b', quantity: -1, delivery_category: 'drone' },
    ];
    expect(custom({ products })).toEqual({
      num_items: 5,
      contents: [{ id: 'a' }, { id: 'b' }],
      content_ids: ['a', 'b'],
      content_type: 'product',
      warnings: [
        'invalid_product properties.products[0].quantity',
        'invalid_product properties.products[0].price',
        'invalid_product properties.products[1]',
        'invalid_product properties.products[2]',
        'invalid_product properties.products[3]',
        'invalid_product properties.products[4].quantity',
      ],
    });
  });

  test.each(['none', 5, {}, true])('products must be an array: %j', (products) => {
    expect(custom({ products })).toEqual({
      warnings: ['invalid_products properties.products'],
    });
  });

  test('no products are no contents', () => {
    expect(custom({ products: [] })).toEqual({ num_items: 0 });
  });

  test('what is given beside products counts, but for their number', () => {
    const products = [{ product_id: 'a' }];
    const given = { content_ids: ['g'], content_type: 'product_group', num_items: 9 };
    expect(custom({ products, ...given })).toMatchObject({
      num_items: 1,
      content_ids: ['g'],
      content_type: 'product_group',
    });
  });

  test("Meta's own form, with what Meta knows besides", () => {
    const contents = [
      { id: 'a', quantity: 2, item_price: 3.5, title: 'T', brand: 'B', category: 'C', other: 1 },
    ];
    expect(custom({ contents })).toMatchObject({
      num_items: 1,
      contents: [{ id: 'a', quantity: 2, item_price: 3.5, title: 'T', brand: 'B', category: 'C' }],
    });
    expect(custom({ contents, products: [{ id: 'p' }] })).toMatchObject({ content_ids: ['p'] });
  });
});

describe('the event of one product', () => {
  const product = { product_id: 'a', sku: 's', price: 18.99, quantity: 1, brand: 'Hasbro' };

  test.each(['Product Added', 'Product Viewed'])('%s: contents out of the product', (event) => {
    expect(custom(product, { event })).toEqual({
      value: 18.99,
      currency: 'USD',
      contents: [{ id: 'a', quantity: 1, item_price: 18.99 }],
      content_ids: ['a'],
      content_type: 'product',
      ...product,
    });
  });

  test('a setting turns it off', () => {
    const settings = { event: 'Product Added', contentsFromProduct: false };
    expect(custom(product, settings)).toEqual({ value: 18.99, currency: 'USD', ...product });
  });

  test('products come before it', () => {
    const found = custom({ ...product, products: [{ id: 'p' }] }, { event: 'Product Added' });
    expect(found).toMatchObject({ content_ids: ['p'], product_id: 'a', quantity: 1 });
  });

  test('without an id there is no product', () => {
    expect(custom({ price: 5, quantity: 2 }, { event: 'Product Viewed' })).toEqual({
      value: 5,
      currency: 'USD',
      price: 5,
      quantity: 2,
    });
  });

  test('a property with a personal name is removed, although contents has read it', () => {
    const settings = { event: 'Product Added', valueFieldIdentifier: 'phone' };
    expect(custom({ product_id: 'jo@x.com', sku: 's', phone: 5 }, settings)).toEqual({
      value: 5,
      currency: 'USD',
      sku: 's',
      warnings: [
        'invalid_product properties',
        'personal_data_removed properties.product_id',
        'personal_data_removed properties.phone',
      ],
    });
  });

  test('other events are not of one product', () => {
    expect(custom(product)).toEqual(product);
  });
});

describe('fields that Meta knows', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['query', { query: ' shoes ' }, { search_string: 'shoes' }],
    ['search_string', { search_string: 'shoes' }, { search_string: 'shoes' }],
    ['the first of both', { query: 'a', search_string: 'b' }, { search_string: 'a' }],
    ['status', { status: 'done' }, { status: 'done' }],
    ['status as the pixel has it', { status: true }, { status: 'true' }],
    ['order_id', { order_id: 17 }, { order_id: '17' }],
    ['predicted_ltv', { predicted_ltv: '99.5' }, { predicted_ltv: 99.5 }],
    ['net_revenue', { net_revenue: 5 }, { net_revenue: 5 }],
    ['num_items', { num_items: '3' }, { num_items: 3 }],
    ['content_ids', { content_ids: ['a', 2] }, { content_ids: ['a', '2'] }],
    ['one of content_ids', { content_ids: 'a' }, { content_ids: ['a'] }],
    ['content_type', { content_type: 'product_group' }, { content_type: 'product_group' }],
    ['content_name', { content_name: 'A' }, { content_name: 'A' }],
    ['content_category', { content_category: 'B' }, { content_category: 'B' }],
    ['delivery_category', { delivery_category: 'in_store' }, { delivery_category: 'in_store' }],
    ['nothing', { query: '', status: null }, {}],
  ])('%s', (_field, properties, expected) => expect(custom(properties)).toEqual(expected));

  test.each<[string, unknown]>([
    ['query', {}],
    ['order_id', []],
    ['predicted_ltv', 'much'],
    ['predicted_ltv', Number.POSITIVE_INFINITY],
    ['num_items', 1.5],
    ['num_items', -1],
    ['content_ids', [{}]],
    ['delivery_category', 'drone'],
  ])('what Meta cannot take is left out, with a warning: %s %j', (property, value) => {
    expect(custom({ [property]: value })).toEqual({
      warnings: [`invalid_property properties.${property}`],
    });
  });
});

describe('every other property', () => {
  test('goes to custom_data under its own name', () => {
    const properties = {
      coupon: 'MAYDEALS',
      position: 3,
      gift: false,
      empty: '',
      name: 'Monopoly: 3rd Edition',
      city: 'Berlin',
      nested: { a: [1, 'x', null], b: { c: true } },
      image_url: 'https://cdn.example/logo@2x.png',
      toString: 'inherited',
      ' spaced ': 1,
    };
    expect(custom(properties)).toEqual(properties);
  });

  test('nothing of nothing', () => {
    expect(custom({ a: null, b: undefined })).toEqual({});
    expect(delivered(track({ properties: 'none' })).plain).not.toHaveProperty('custom_data');
  });

  test.each<[string, string]>([
    ['infinity', '{"a":1e400}'],
    ['infinity within', '{"a":[1e400]}'],
    ['too many levels', `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`],
    ['__proto__ within', '{"a":{"__proto__":{"x":1}}}'],
  ])('what cannot be sent is left out, with a warning: %s', (_case, json) => {
    const found = delivered(withProperties(JSON.parse(json)));
    expect(found.warnings).toEqual(['invalid_property properties.a']);
    expect(JSON.stringify(found.plain)).not.toContain('proto');
  });

  test.each(['{"__proto__":1}', '{"a\\ud800":1}', '{"jo@x.com":1}'])(
    'a name that cannot be sent is not repeated: %s',
    (json) => {
      const found = delivered(withProperties(JSON.parse(json)));
      expect(found.plain).not.toHaveProperty('custom_data');
      expect(found.warnings).toEqual(['invalid_property properties']);
    },
  );

  test('half characters are made whole', () => {
    expect(custom({ a: 'x\ud800', b: ['\udfff'] })).toEqual({ a: 'x\ufffd', b: ['\ufffd'] });
  });
});

describe('personal data', () => {
  test.each([
    'email',
    'Email',
    'e-mail',
    'user_email',
    'customerEmail',
    'billing.email.address',
    'phone',
    'phoneNumber',
    'Mobile',
    'first_name',
    'lastName',
    'full name',
    'customer_name',
    'shipping_first_name',
    'birthday',
    'date_of_birth',
    'dob',
    'street',
    'shippingAddress',
    'billing_address_line1',
    'zip',
    'shipping_postal_code',
    'shipping_city',
    'billing_country',
    'customer_gender',
    'ip',
    'ssn',
    'password',
    'creditCardNumber',
    'iban',
    'passport_number',
  ])('is removed by its name: %s', (name) => {
    expect(custom({ [name]: 'x', kept: 1 })).toEqual({
      kept: 1,
      warnings: [`personal_data_removed properties.${name}`],
    });
  });

  test.each([
    'name',
    'city',
    'country',
    'state',
    'product_name',
    'shipping',
    'shipping_method',
    'email_campaign',
    'emailCampaign',
    'mailing_list',
    'phone_model',
    'user_type',
    'customer_id',
    'member_since',
    'account_type',
    'ship_date',
    'gender',
    'streetwear',
    'zipper',
    'my_list',
  ])('is not what is only named like it: %s', (name) => {
    expect(custom({ [name]: 'x' })).toEqual({ [name]: 'x' });
  });

  test.each([
    'jo@example.com',
    'Contact: Jo <jo@example.co.uk>!',
    'jörg@müller.de',
    'a.b+c@sub.example.museum',
    '@ jo@example.com',
  ])('is removed by the form of an e-mail address: %s', (value) => {
    const warnings = ['personal_data_removed properties.note'];
    expect(custom({ note: value })).toEqual({ warnings });
    expect(custom({ status: value })).toEqual({
      warnings: ['personal_data_removed properties.status'],
    });
    expect(custom({ note: { a: [value, 'kept'] } })).toEqual({ note: { a: ['kept'] }, warnings });
  });

  test.each(['a @ b', '@handle', 'logo@2x.png', 'https://medium.example/@user/x.html', 'x@y'])(
    'is not what only looks like it: %s',
    (value) => expect(custom({ note: value })).toEqual({ note: value }),
  );

  test.each<[string, string, string | undefined]>([
    ['a web address', 'https://x.y/?email=jo%40x.com&a=1', 'https://x.y/?email=_removed_&a=1'],
    ['a web address without an at sign', 'https://x.y/?phone=1234', 'https://x.y/?phone=_removed_'],
    ['a path', '/u/jo%40x.com/orders', '/u/_removed_/orders'],
    ['a query', '?first_name=Jo&b=2', '?first_name=_removed_&b=2'],
    ['an encoded address in a text', 'write to jo%40x.com', undefined],
    ['nothing but an address', '?jo@x.com', undefined],
    ['a text of parameters that say nothing', '?a=1&b=%20#top', '?a=1&b=%20#top'],
    ['a discount', '20% off #1', '20% off #1'],
  ])('is removed out of what is written as addresses are: %s', (_case, given, expected) => {
    const found = delivered(withProperties({ link: given, query: given, deep: { link: given } }));
    expect(found.custom).toEqual(
      expected === undefined
        ? { deep: {} }
        : { link: expected, search_string: expected, deep: { link: expected } },
    );
    expect(found.warnings).toEqual(
      expected === given
        ? []
        : ['link', 'query', 'deep'].map((name) => `personal_data_removed properties.${name}`),
    );
  });

  test('is removed within objects, where the name of the object tells', () => {
    const customer = { name: 'Jo', city: 'Berlin', tier: 'gold', device: { phone: '1' } };
    expect(custom({ customer, store: { name: 'Mitte', city: 'Berlin' } })).toEqual({
      customer: { tier: 'gold', device: {} },
      store: { name: 'Mitte', city: 'Berlin' },
      warnings: ['personal_data_removed properties.customer'],
    });
  });

  test('an allow list keeps a property', () => {
    const settings = { customDataAllowList: ['zip', 'note', 'customer'] };
    const properties = { zip: '94025', note: 'jo@example.com', customer: { name: 'Jo' } };
    expect(custom({ ...properties, email: 'x' }, settings)).toEqual({
      ...properties,
      warnings: ['personal_data_removed properties.email'],
    });
  });

  test('a deny list removes one without a word', () => {
    const customDataDenyList = ['coupon', 'status', 'query', 'products', 'fbp'];
    const properties = {
      coupon: 'A',
      status: 'b',
      query: 'c',
      products: [{ id: 'p' }],
      kept: 1,
    };
    expect(custom(properties, { customDataDenyList })).toEqual({ kept: 1 });
  });

  test('a text of any length is looked through in no time', () => {
    const long = `${'a'.repeat(500_000)}@${'b'.repeat(500_000)}`;
    expect(custom({ long })).toEqual({ long });
    expect(custom({ many: '@'.repeat(100_000) })).toEqual({ many: '@'.repeat(100_000) });
  });
});
