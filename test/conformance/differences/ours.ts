import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { sentJson } from '#core/record/record.ts';
import type { ComparedField } from './fields.ts';
import { type Result, sentAt } from './result.ts';

/** Some minutes before the judgement, so that nothing is too old. */
const EVENT_TIME = '2025-11-23T10:00:00Z';
const NOW = Date.parse('2025-11-23T10:05:00Z');

const map = createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' });

/** What this project sends for a value in one field of a Track event that is right otherwise. */
export function ours({ from, to }: ComparedField, value: unknown, country?: string): Result {
  const event = {
    type: 'track',
    event: 'Order Refunded',
    messageId: 'm-1',
    timestamp: EVENT_TIME,
    anonymousId: from === 'userId' ? undefined : 'a-1',
    context: {
      ip: '192.0.2.1',
      userAgent: 'Mozilla/5.0',
      page: { url: 'https://shop.example.com/' },
      traits: { address: country === undefined ? {} : { country } },
    },
    properties: from.startsWith('properties.products') ? { products: [{ product_id: 'p-1' }] } : {},
  };
  put(event, from, value);
  const result = map(event, NOW);
  if (result.outcome !== 'deliver') return { refused: result.reason };
  return sentAt(sentJson(result.event), to);
}

function put(object: object, path: string, value: unknown): void {
  const [first = '', ...rest] = path.split('.');
  const fields = object as Record<string, object>;
  if (rest.length === 0) fields[first] = value as object;
  else {
    fields[first] ??= {};
    put(fields[first], rest.join('.'), value);
  }
}
