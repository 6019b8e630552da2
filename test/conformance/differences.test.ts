import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { differencesIn, faultsOf } from './differences/comparison.ts';
import { FIELDS } from './differences/fields.ts';
import { differencesPage } from './differences/page.ts';
import { readInputs, readReasons, readRows } from './differences/rows.ts';

const FEWEST_INPUTS = 25;
const inputs = readInputs();
const rows = readRows();

describe("Meta's own libraries agree with us, or a row says why not", () => {
  test.each(Object.keys(inputs))('%s', (field) => {
    const expected = rows.filter((row) => row.field === field);
    expect(faultsOf(differencesIn(field, inputs[field] ?? []), expected)).toEqual([]);
  });
});

describe('the data', () => {
  test('feeds every field with enough values', () => {
    expect(Object.keys(inputs).sort()).toEqual(Object.keys(FIELDS).sort());
    for (const values of Object.values(inputs)) {
      expect(values.length).toBeGreaterThanOrEqual(FEWEST_INPUTS);
    }
  });

  test('has a reason for every row, and no reason without one', () => {
    const used = new Set(rows.map(({ reason }) => reason));
    expect([...used].sort()).toEqual(Object.keys(readReasons()).sort());
    for (const { because, source } of Object.values(readReasons())) {
      expect(because).toMatch(/\.$/);
      expect(source).not.toBe('');
    }
  });

  test('has no row of a value that is not fed in', () => {
    expect(rows.filter(({ field }) => inputs[field] === undefined)).toEqual([]);
  });
});

describe('what is wrong is noticed:', () => {
  const [row] = rows;
  if (row === undefined) throw new Error('there are no rows');
  const { field } = row;
  const found = differencesIn(field, inputs[field] ?? []);
  const expected = rows.filter((each) => each.field === field);

  test('a difference without a row', () => {
    expect(faultsOf(found, expected.slice(1)).join()).toContain('add a row');
  });

  test('a row of a difference that is gone', () => {
    expect(faultsOf(found.slice(1), expected).join()).toContain('remove the row');
  });

  test('a row that says something else', () => {
    const wrong = { ...row, theirs: { sent: 'something else' } };
    expect(faultsOf(found, [wrong, ...expected.slice(1)]).join()).toContain('fix the row');
  });
});

test('docs/differences.md is in step with the data', () => {
  const page = join(import.meta.dirname, '../../docs/differences.md');
  expect(readFileSync(page, 'utf8')).toBe(differencesPage());
});
