type Json = { [field: string]: unknown };

/** When the event of {@link trackEvent} happened, Unix ms. */
export const TRACK_EVENT_TIME = Date.parse('2026-11-23T10:00:00.000Z');

/**
 * One complete, valid Track event of a logged-in customer: an order of two products.
 * @param overrides laid over it, object by object; a field given as undefined is left out
 */
export function trackEvent(overrides: Json = {}): Json {
  return merge(completeEvent(), overrides);
}

function completeEvent(): Json {
  const time = new Date(TRACK_EVENT_TIME).toISOString();
  return {
    type: 'track',
    event: 'Order Completed',
    messageId: '0d3c7a52-5b1e-4c7e-9d55-8f1b6c2e9a10',
    userId: 'u-1001',
    anonymousId: '7b8c2d7e-1f3a-4b6d-9c31-2a5e8d0f4b77',
    timestamp: time,
    originalTimestamp: time,
    sentAt: time,
    receivedAt: time,
    context: {
      ip: '192.0.2.10',
      userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
      locale: 'de-DE',
      timezone: 'Europe/Berlin',
      library: { name: 'analytics.js', version: '2.11.1' },
      page: {
        path: '/checkout/thank-you',
        referrer: 'https://shop-eu.example.com/checkout/payment',
        title: 'Thank you',
        url: 'https://shop-eu.example.com/checkout/thank-you',
      },
      traits: {
        email: 'anna.mueller@example.com',
        firstName: 'Anna',
        lastName: 'Müller',
        phone: '+49 30 23125 010',
        birthday: '1987-04-23',
        address: {
          street: 'Hauptstraße 5',
          city: 'Köln',
          state: 'NRW',
          postalCode: '50667',
          country: 'DE',
        },
      },
      source: 'shop-eu',
    },
    properties: {
      order_id: '50314b8e',
      currency: 'EUR',
      revenue: 64.5,
      products: [
        { product_id: 'G-32', name: 'Chess Set', price: 24.5, quantity: 1 },
        { product_id: 'C-07', name: 'Café Press', price: 20, quantity: 2 },
      ],
      fbp: 'fb.1.1763892000000.1098115397',
      fbc: 'fb.1.1795341600000.IwAR2F4_dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB',
    },
    integrations: { All: true },
    writeKey: 'wk_shop_eu',
  };
}

function merge(base: Json, overrides: Json): Json {
  const merged: Json = { ...base };
  for (const [field, value] of Object.entries(overrides)) {
    const below = base[field];
    if (value === undefined) delete merged[field];
    else merged[field] = isObject(below) && isObject(value) ? merge(below, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
