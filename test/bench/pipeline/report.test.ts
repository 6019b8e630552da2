import { describe, expect, test } from '@jest/globals';
import type { Round, Variant } from './measures.ts';
import { exitCode, report } from './report.ts';
import { type Results, toJson } from './results.ts';

function variant(name: 'base' | 'now', rounds: readonly Round[], dirty = false): Variant {
  return { name, commit: (name === 'base' ? 'b' : 'a').repeat(40), dirty, rounds };
}

function results(now: Variant, base: Variant | null = null): Results {
  return { events: 20_000, bytes: 1412, aloneUs: 9.6, ageRate: 16_000, now, base };
}

const floors = (...values: readonly number[]): Round[] =>
  values.map((totalFloors) => ({ totalFloors, p99: 100 }));
const BASE = variant('base', floors(3, 3, 3, 3));

describe('of one version', () => {
  const now = variant('now', [{ ingestUs: 20 }, { ingestUs: 25 }, { ingestUs: 22 }], true);

  test('says what was measured, median, extremes and spread', () => {
    const text = report(results(now));
    expect(text).toContain('20,000 Track events of 1,412 bytes');
    expect(text).toContain('3 rounds');
    expect(text).toContain('aaaaaaaaaaaa with changes that are not committed');
    expect(text).toMatch(/^ingest +22\.0 µs +20\.0 µs +25\.0 µs +23 %$/m);
  });

  test('leaves out what this machine does not show', () => {
    expect(report(results(now))).not.toContain('Kafka');
  });

  test('judges nothing', () => {
    expect(exitCode(results(now))).toBe(0);
    expect(report(results(now))).not.toContain('judgement');
  });
});

describe('of two versions', () => {
  test.each<[string, readonly Round[], number, string]>([
    ['less', floors(2.7, 2.7, 2.7, 2.7), 0, '10 % less than at the base (spread 0 %)'],
    ['the same', floors(3, 3, 3, 3), 0, 'ingest + worker: the same'],
    ['more', floors(3.3, 3.3, 3.33, 3.3), 3, '10 % more than at the base (spread 1 %)'],
    ['noise', floors(3, 3.12, 3, 3.18), 4, 'cannot tell: spread 6 %, difference 2 %'],
    ['few rounds', floors(9, 9), 4, 'cannot tell: 2 of at least 4 rounds'],
  ])('%s', (_, rounds, code, sentence) => {
    const base = variant('base', BASE.rounds.slice(0, rounds.length));
    const found = results(variant('now', rounds), base);
    expect(exitCode(found)).toBe(code);
    expect(report(found)).toContain(sentence);
    expect(report(found)).toMatch(/^age, p99 +100 ms +100 ms +\+0 %/m);
  });

  test('the floor is a scale, and is not judged', () => {
    const rounds = [1, 1, 1, 1].map(() => ({ ingestFloorUs: 10, ingestUs: 20 }));
    const text = report(results(variant('now', rounds), variant('base', rounds)));
    expect(text).not.toContain('floor beside it');
    expect(text).toMatch(/^ingest +20\.0 µs +20\.0 µs/m);
  });

  test('what only one of them has is not compared', () => {
    const found = results(variant('now', [{ kafkaUs: 1 }]), variant('base', [{ redisUs: 1 }]));
    expect(report(found)).toContain('Nothing can be compared.');
    expect(exitCode(found)).toBe(4);
  });
});

test('for programs: rounds, medians and judgements', () => {
  const found = results(variant('now', floors(2.7, 2.7, 2.7, 2.7)), BASE);
  expect(JSON.parse(toJson(found, { cores: 2 }))).toMatchObject({
    version: 1,
    cores: 2,
    events: 20_000,
    now: { dirty: false, rounds: floors(2.7, 2.7, 2.7, 2.7), summaries: { p99: { median: 100 } } },
    base: { summaries: { totalFloors: { median: 3, spread: 0 } } },
    comparison: { totalFloors: { verdict: 'better' }, p99: { verdict: 'same' } },
  });
  expect(JSON.parse(toJson(results(BASE), {}))).toMatchObject({ base: null, comparison: null });
});
