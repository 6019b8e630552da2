import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { ACTION_SOURCES, HASHED_FIELDS } from '#core/event/server-event.ts';
import { DEFAULT_MAPPINGS } from '#core/mapping/event-name.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const text = readFileSync(resolve(ROOT, 'docs/mapping.md'), 'utf8');

/** Rows of the tables that end with code and test. */
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('|') && line.includes(' › '))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map((cells) => ({
    behaviour: cells[1] ?? '',
    code: cells.at(-3) ?? '',
    test: cells.at(-2) ?? '',
  }));

/** Every table of Segment's documentation that describes what happens, row by row. */
const SEGMENT_TABLES: Readonly<Record<string, readonly string[]>> = {
  'Default mappings to Facebook standard events': [
    ...['Checkout Started → InitiateCheckout', 'Order Completed → Purchase'],
    ...['Product Added → AddToCart', 'Product List Viewed → ViewContent'],
    ...['Product Viewed → ViewContent', 'Products Searched → Search'],
  ],
  'Server event parameter requirements': [
    ...['`action_source` is "always required"', '`client_user_agent` "only required'],
    '`event_source_url` "only required',
  ],
  'Action source values': [
    ...['`chat`', '`email`', '`other`', '`phone_call`', '`physical_store`', '`system_generated`'],
    '`website`',
  ],
  'Default mappings to Facebook properties': [
    ...['`context.ip`', '`context.page.url`', '`context.traits.address.city`'],
    ...['`context.traits.address.postalCode`', '`context.traits.address.state`'],
    ...['`context.traits.birthday`', '`context.traits.email`', '`context.traits.firstName`'],
    ...['`context.traits.lastName`', '`context.traits.phone`', '`context.userAgent`', '`event`'],
    ...['`messageId`', '`properties.action_source`', '`properties.currency`', '`properties.fbc`'],
    ...[
      '`properties.fbp`',
      '`properties.products[x].price`',
      '`properties.products[x].product_id`',
    ],
    ...['`properties.products[x].quantity`', '`properties.products`', '`properties.query`'],
    ...['`properties.revenue`', '`properties.status`', '`timestamp`', '`userId`'],
  ],
  'Data Processing Initialization Parameters': [
    ...['Data Processing Options, default `["LDU"]`', 'Data Processing Options Country, default 0'],
    'Data Processing Options State, default 0',
  ],
};

/** Sentences of Segment's documentation, outside its tables, that describe what happens. */
const SEGMENT_SENTENCES = [
  'Currently, Facebook Conversions only supports Track calls',
  'Map Your Events to Standard FB Events',
  'All properties included in the event are sent as event properties',
  'Any unmapped events are automatically sent',
  'Custom events also support parameters',
  'Custom event names cannot exceed 50 characters in length',
  'set automatically but it can be set manually',
  'is set to "website" as a default value',
  'You can use either snake case or camel case',
  'do not meet the requirements might not be available for optimization',
  "For each of the hashed properties above, Segment's integration code hashes the values",
  'manually add them to the events',
  'manually collect and send the IPv6 address',
  "Any properties you send that aren't listed above",
  'sends the userId as external_id, and if userId is absent falls back to anonymousId',
  'Alternative External ID Field',
  'the same external_id from the browser and the server',
  'For most events Segment sends revenue for the Pixel value field',
  'for the pre-purchase events Product Viewed and Product Added',
  'This field defaults to price',
  'Facebook requires a currency for "Purchase" events',
  'Use Limited Data Use … is disabled by default',
  'if you want to send data processing parameters',
  'Facebook uses the context.ip to determine the geolocation if it exists on the event',
  'dataProcessingOptions: [[], 1, 1000]',
  'num_items is set to the length of this',
  'Defaults to USD if not set',
  'must be an integer',
  'must be a string',
];

describe('docs/mapping.md', () => {
  const tableRows = Object.entries(SEGMENT_TABLES).flatMap(([table, names]) =>
    names.map((name) => ({ table, name })),
  );

  test.each(tableRows)('has one row for $name of $table', ({ name }) => {
    const named = rows.filter(({ behaviour }) =>
      /^`[^`]*`$/.test(name) ? behaviour === name : behaviour.startsWith(name),
    );
    expect(named).toHaveLength(1);
  });

  test("has as many rows as Segment's tables", () => {
    const counts = Object.values(SEGMENT_TABLES).map((names) => names.length);
    expect(counts).toEqual([6, 3, 7, 26, 3]);
    expect(Object.keys(DEFAULT_MAPPINGS)).toHaveLength(6);
  });

  test.each(SEGMENT_SENTENCES)('has a row for: %s', (sentence) => {
    expect(
      text
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .join('\n'),
    ).toContain(sentence);
  });

  test('names every setting, every action source and every hashed field', () => {
    const settings = Object.keys(DEFAULT_PIXEL_SETTINGS);
    for (const name of ['pixelId', ...settings, ...ACTION_SOURCES, ...HASHED_FIELDS]) {
      expect(text).toContain(`\`${name}`);
    }
  });

  test.each(rows)('$behaviour: $code is there, and so is $test', (row) => {
    const code = row.code.replaceAll('`', '');
    expect(existsSync(resolve(ROOT, 'packages/core', code))).toBe(true);
    const [file = '', name = ''] = row.test.split(' › ');
    const source = readFileSync(resolve(ROOT, 'test', file.replaceAll('`', '')), 'utf8');
    expect(source.replaceAll("\\'", "'")).toContain(name);
  });
});
