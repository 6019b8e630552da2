import { describe, expect, test } from '@jest/globals';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { delivered, judge, NOW, outcome, track } from './mapped.ts';

const MESSAGE = {
  action_source: 'business_messaging',
  messaging_channel: 'messenger',
  page_id: '1',
  page_scoped_user_id: '2',
};

const message = (properties = {}, event = 'LeadSubmitted') =>
  track({ event, context: {}, properties: { ...MESSAGE, ...properties } });

const append = (original: unknown, properties = {}) =>
  track({
    event: 'AppendValue',
    properties: { original_event_data: original, net_revenue: 5, ...properties },
  });

describe('an event of business messaging', () => {
  test('has its channel at the top level, and nothing of a browser', () => {
    const { plain, user, custom, warnings } = delivered(message({ coupon: 'MAY' }));
    expect(plain).toMatchObject({
      action_source: 'business_messaging',
      messaging_channel: 'messenger',
    });
    expect(user).toEqual({ page_id: '1', page_scoped_user_id: '2' });
    expect(custom).toEqual({ coupon: 'MAY' });
    expect(warnings).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['its channel', { messaging_channel: '' }, 'properties.messaging_channel: whatsapp'],
    ['a channel of Meta', { messaging_channel: 'sms' }, 'none that Meta accepts'],
    ['the page', { page_id: '' }, 'messenger needs properties.page_id'],
    ['a page that is a number', { page_id: 'shop' }, 'messenger needs properties.page_id'],
    [
      'the account',
      { messaging_channel: 'whatsapp', page_id: '', ctwa_clid: 'A' },
      'needs properties.whatsapp_business_account_id or properties.page_id',
    ],
  ])('is refused without %s, and told what is missing', (_, properties, words) => {
    expect(judge(message(properties))).toEqual({
      outcome: 'reject',
      reason: 'invalid_messaging_event',
      message: expect.stringContaining(words),
    });
  });

  test('is refused under a name that Meta does not accept there, and told which it does', () => {
    expect(judge(message({}, 'Lead'))).toMatchObject({
      reason: 'invalid_messaging_event',
      message: expect.stringContaining('LeadSubmitted'),
    });
  });

  test('needs no website context, even where the pixel asks for it', () => {
    expect(outcome(message(), { requireWebsiteContext: true })).toBe('deliver');
  });

  test('may be the default of a pixel', () => {
    const { action_source: _, ...properties } = MESSAGE;
    const event = track({
      event: 'Purchase',
      context: {},
      properties: { ...properties, value: 1 },
    });
    expect(outcome(event, { defaultActionSource: 'business_messaging' })).toBe('deliver');
  });
});

describe('an event that appends to another', () => {
  test('is sent with the name and the ID that the original event had', () => {
    const eventMappings = { Bought: 'Purchase' };
    const original = { event_name: 'Bought', event_id: 'm0' };
    const { plain, custom } = delivered(append(original), { eventMappings });
    expect(plain.original_event_data).toEqual({ event_name: 'Purchase', event_id: 'm0' });
    expect(custom).toEqual({ net_revenue: 5, currency: 'USD' });
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'Purchase'],
    ['an array', [{ event_name: 'Purchase', event_id: 'm0' }]],
    ['no name', { event_id: 'm0' }],
    ['a name that is too long', { event_name: 'x'.repeat(51), event_id: 'm0' }],
    ['no ID', { event_name: 'Purchase', event_time: NOW / 1000 }],
    ['inherited members', JSON.parse('{"__proto__":{"event_name":"Purchase","event_id":"m0"}}')],
  ])('is refused where the original event is %s', (_, original) => {
    expect(outcome(append(original))).toBe('reject incomplete_append_event');
  });

  test('a name that is not known is not repeated', () => {
    const original = { event_name: 'Lead', event_id: 'm0', 'jo@example.com': 1 };
    const { plain, warnings } = delivered(append(original));
    expect(JSON.stringify([plain, warnings])).not.toContain('jo@');
    expect(warnings).toEqual(['invalid_property properties.original_event_data']);
  });

  test('preview says where its fields come from', () => {
    const traced: Record<string, string> = {};
    const settings = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' };
    const map = createMapper(settings, (field, origin) => {
      traced[field] = origin;
    });
    map(append({ event_name: 'Lead', event_id: 'm0' }), NOW);
    map(message(), NOW);
    expect(traced).toMatchObject({
      original_event_data: 'properties.original_event_data',
      messaging_channel: 'properties.messaging_channel',
    });
  });
});
