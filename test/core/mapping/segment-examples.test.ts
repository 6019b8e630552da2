import { expect, test } from '@jest/globals';
import { delivered, HAPPENED, outcome } from './mapped.ts';

/** What Segment's libraries add to a call. */
const LIBRARY = { type: 'track', messageId: 'm1', timestamp: HAPPENED };

test('the Product Added of the documentation', () => {
  const { plain, custom, personal, warnings } = delivered({
    ...LIBRARY,
    context: {
      userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 11_1_0) Chrome/88.0.4324.96',
      page: { url: 'https://segment.com/' },
    },
    userId: '97980cfea0067',
    event: 'Product Added',
    properties: {
      brand: 'Hasbro',
      cart_id: 'skdjsidjsdkdj29j',
      category: 'Games',
      coupon: 'MAYDEALS',
      image_url: 'https://www.example.com/product/path.jpg',
      name: 'Monopoly: 3rd Edition',
      position: 3,
      price: 18.99,
      product_id: '507f1f77bcf86cd799439011',
      quantity: 1,
      sku: 'G-32',
      url: 'https://www.example.com/product/path',
      variant: '200 pieces',
    },
  });
  expect(plain).toMatchObject({
    event_name: 'AddToCart',
    action_source: 'website',
    event_source_url: 'https://segment.com/',
    user_data: { client_user_agent: expect.stringContaining('Mozilla/5.0') },
  });
  expect(personal).toEqual({ external_id: '97980cfea0067' });
  expect(custom).toEqual({
    value: 18.99,
    currency: 'USD',
    contents: [{ id: '507f1f77bcf86cd799439011', quantity: 1, item_price: 18.99 }],
    content_ids: ['507f1f77bcf86cd799439011'],
    content_type: 'product',
    brand: 'Hasbro',
    cart_id: 'skdjsidjsdkdj29j',
    category: 'Games',
    coupon: 'MAYDEALS',
    image_url: 'https://www.example.com/product/path.jpg',
    name: 'Monopoly: 3rd Edition',
    position: 3,
    price: 18.99,
    product_id: '507f1f77bcf86cd799439011',
    quantity: 1,
    sku: 'G-32',
    url: 'https://www.example.com/product/path',
    variant: '200 pieces',
  });
  expect(warnings).toEqual([]);
});

test('the Clicked Email of the documentation', () => {
  const call = {
    ...LIBRARY,
    event: 'Clicked Email',
    properties: { emailCampaign: 'First Touch' },
    context: { traits: { name: 'John Doe' } },
  };
  const { plain, custom, personal } = delivered({ ...call, anonymousId: 'a1' });
  expect(plain.event_name).toBe('Clicked Email');
  expect(custom).toEqual({ emailCampaign: 'First Touch' });
  expect(personal).toEqual({ external_id: 'a1' });
  expect(outcome(call)).toBe('reject missing_user_data');
});

test('the Membership Upgraded of the documentation', () => {
  const { plain } = delivered({
    ...LIBRARY,
    event: 'Membership Upgraded',
    userId: '97234974',
    integrations: { 'Facebook Conversions API': { dataProcessingOptions: [[], 1, 1000] } },
  });
  expect(plain).toMatchObject({
    data_processing_options: [],
    data_processing_options_country: 1,
    data_processing_options_state: 1000,
  });
});
