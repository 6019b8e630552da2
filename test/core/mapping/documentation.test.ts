import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

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

/** What Segment's documentation has in its two tables of mappings. */
const SEGMENT_ROWS =
  `Checkout Started|Order Completed|Product Added|Product List Viewed|Product Viewed|
Products Searched|context.ip|context.page.url|context.traits.address.city|
context.traits.address.postalCode|context.traits.address.state|context.traits.birthday|
context.traits.email|context.traits.firstName|context.traits.lastName|context.traits.phone|
context.userAgent|event|messageId|properties.action_source|properties.currency|properties.fbc|
properties.fbp|properties.products[x].price|properties.products[x].product_id|
properties.products[x].quantity|properties.products|properties.query|properties.revenue|
properties.status|timestamp|userId`.split(/\|\n?/);

describe('docs/mapping.md', () => {
  test.each(SEGMENT_ROWS)('has a row for %s', (name) => {
    const named = rows.filter(
      ({ behaviour }) => behaviour === `\`${name}\`` || behaviour.startsWith(`${name} →`),
    );
    expect(named).toHaveLength(1);
  });

  test.each(rows)('$behaviour: $code is there, and so is $test', (row) => {
    const code = row.code.replaceAll('`', '');
    expect(existsSync(resolve(ROOT, 'packages/core', code))).toBe(true);
    const [file = '', name = ''] = row.test.split(' › ');
    const source = readFileSync(resolve(ROOT, 'test', file.replaceAll('`', '')), 'utf8');
    expect(source.replaceAll("\\'", "'")).toContain(name);
  });
});
