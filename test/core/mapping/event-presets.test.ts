import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_MAPPINGS, STANDARD_EVENTS } from '#core/mapping/event-name.ts';
import {
  EVENT_MAPPING_PRESETS,
  type EventMappingPreset,
  presetRows,
} from '#core/mapping/event-presets.ts';
import { inRepository } from '#test/support/in-repository.ts';
import { delivered, track } from './mapped.ts';

const page = readFileSync(inRepository('docs/mapping.md'), 'utf8');
const rows = EVENT_MAPPING_PRESETS.flatMap((preset) =>
  presetRows([preset]).map(({ from, to }) => [preset, from, to] as const),
);

function nameOf(event: string, presets: EventMappingPreset[], eventMappings = {}) {
  return delivered(track({ event }), { eventMappingPresets: presets, eventMappings }).plain
    .event_name;
}

test.each(rows)('%s: %s becomes %s, and only where a pixel asks for it', (preset, from, to) => {
  expect(nameOf(from, [preset])).toBe(to);
  expect(nameOf(` ${from.toUpperCase()} `, [preset])).toBe(to);
  expect(nameOf(from, [])).toBe(from);
});

test.each(rows)('%s: %s to %s is documented', (preset, from, to) => {
  expect(page).toContain(`| \`${preset}\` | ${from} | ${to} |`);
});

describe('presets', () => {
  test('map to standard events, and leave the default mappings alone', () => {
    for (const [, from, to] of rows) {
      expect(STANDARD_EVENTS).toContain(to);
      expect(Object.keys(DEFAULT_MAPPINGS)).not.toContain(from);
    }
  });

  test('do not contradict each other', () => {
    const names = rows.map(([, from]) => from.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
  });

  test('come after the mappings of the pixel', () => {
    const mappings = { 'Signed Up': 'Lead', 'trial started': 'Trial' };
    expect(nameOf('Signed Up', ['extended'], mappings)).toBe('Lead');
    expect(nameOf('Trial Started', ['extended'], mappings)).toBe('Trial');
  });

  test('several apply together', () => {
    const both: EventMappingPreset[] = ['ga4', 'extended'];
    expect([nameOf('sign_up', both), nameOf('Signed Up', both)]).toEqual([
      'CompleteRegistration',
      'CompleteRegistration',
    ]);
  });

  test('the product of a wishlist event is its contents, and its price is the value', () => {
    const event = track({
      event: 'Product Added to Wishlist',
      properties: { product_id: 'p1', price: 9.5, quantity: 1 },
    });
    const { custom } = delivered(event, { eventMappingPresets: ['extended'] });
    expect(custom).toEqual({
      product_id: 'p1',
      price: 9.5,
      quantity: 1,
      value: 9.5,
      currency: 'USD',
      contents: [{ id: 'p1', quantity: 1, item_price: 9.5 }],
      content_ids: ['p1'],
      content_type: 'product',
    });
  });
});
