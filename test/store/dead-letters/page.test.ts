import { zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { NewDeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { readOutline, writeOutline } from '#store/dead-letters/pages/outline.ts';
import { readFacts, writeFacts } from '#store/dead-letters/pages/page.ts';
import { tryToReadFacts } from '#store/dead-letters/pages/reader.ts';
import { namePage, placeOfId } from '#store/dead-letters/pages/seal.ts';
import { removeArguments } from '#store/dead-letters/script-arguments.ts';
import { createOpenSealer } from '#store/sealing.ts';

const NOW = 1_795_500_000_000;

const words = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((text) => text.replaceAll('\0', ''));
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const time = fc.integer({ min: NOW - 1e9, max: NOW + 1e9 });

const facts: fc.Arbitrary<NewDeadLetterFacts> = fc.record({
  pixelId: maybe(fc.constantFrom('1', '2')),
  stage: fc.constantFrom('ingest' as const, 'worker' as const),
  reason: fc.constantFrom('missing_value' as const, 'rejected_by_meta' as const),
  message: fc.oneof(words, fc.constantFrom('(#100) data[7] is 12.50, not 3', '1,2,3 0007')),
  kafka: fc.record({ topic: words, partition: fc.nat(), offset: fc.nat(), timestamp: time }),
  diedAt: time,
  horizon: maybe(fc.integer({ min: 1_700_000_000, max: 1_900_000_000 })),
  eventName: maybe(words),
  eventId: maybe(words),
  attempts: fc.nat(20),
  replays: fc.nat(5),
  refusal: maybe(
    fc.record({
      status: fc.constantFrom(400, 500),
      code: maybe(fc.nat()),
      subcode: maybe(fc.nat()),
      message: fc.oneof(words, fc.constant('(#100) param data[41] 8 of 9')),
      traceId: maybe(words),
      index: maybe(fc.nat(999)),
    }),
  ),
  unknown: fc.boolean(),
  holds: fc.constantFrom('message' as const, 'record' as const),
});

describe('a page of dead letters', () => {
  test('says of what was truncated how long it was', () => {
    const [one, two] = fc.sample(facts, { numRuns: 2, seed: 3 }) as [
      NewDeadLetterFacts,
      NewDeadLetterFacts,
    ];
    const letters = [one, { ...two, truncatedFrom: 600_000_000 }];
    const read = readFacts('p', writeFacts(letters), null);
    expect(read.map(({ truncatedFrom }) => truncatedFrom)).toEqual([undefined, 600_000_000]);
  });

  test('says which of several server events each is', () => {
    const [one] = fc.sample(facts, { numRuns: 1, seed: 3 }) as [NewDeadLetterFacts];
    const letters = [one, { ...one, part: null }, { ...one, part: 'NewCustomer' }, one];
    const read = readFacts('p', writeFacts(letters), null);
    expect(read.map(({ part }) => part)).toEqual([undefined, null, 'NewCustomer', undefined]);
    expect(read[0]).not.toHaveProperty('part');
  });

  test.each([
    ['is no page', Buffer.from('nothing')],
    ['has no head', zstdCompressSync(Buffer.from('[]'))],
    [
      'has a damaged row',
      zstdCompressSync(Buffer.from('{"v":1,"base":0,"died":[0,0],"shared":[{}]}\n[0,')),
    ],
    ['has a newer version', zstdCompressSync(Buffer.from('{"v":99}\n'))],
  ])('that %s is a value, not an error', (_name, written) => {
    expect(tryToReadFacts(createOpenSealer(), 'p', written, null)).toEqual({
      name: 'p',
      why: expect.any(String),
      letters: [],
    });
  });

  test('gives back what was written, in order, each with its id', () => {
    fc.assert(
      fc.property(fc.array(facts, { minLength: 1, maxLength: 30 }), (letters) => {
        const name = namePage(letters.length);
        const expected = letters.map((each, at) => ({ ...each, id: `${name}.${at}` }));
        expect(readFacts(name, writeFacts(letters), null)).toEqual(expected);
      }),
    );
  });

  const [one, two] = fc.sample(facts, { numRuns: 2, seed: 1 }) as [
    NewDeadLetterFacts,
    NewDeadLetterFacts,
  ];
  const letters = [
    { ...one, pixelId: '1', eventId: 'e"1' },
    { ...two, pixelId: '2', eventId: 'e2' },
    { ...one, pixelId: '1', eventId: 'e3' },
  ];
  const written = writeFacts(letters);
  const ids = (marks: string | null, pixel: string | null, needles: string[] = []) =>
    readFacts('p', written, marks, {
      couldMatch: ({ pixelId }) => pixel === null || pixelId === pixel,
      needles,
    }).map(({ id }) => id);

  test.each([
    [null, null, [], ['p.0', 'p.1', 'p.2']],
    ['110', null, [], ['p.0', 'p.1']],
    ['011', '1', [], ['p.2']],
    [null, '3', [], []],
    [null, null, ['e\\"1'], ['p.0', 'p.1', 'p.2']],
    [null, null, ['nobody'], []],
  ])('marks %j, pixel %j, needles %j: %j', (marks, pixel, needles, expected) => {
    expect(ids(marks, pixel, needles)).toEqual(expected);
  });

  test('has a name that ends with how many there are, and ids that name it', () => {
    expect(Number.parseInt(namePage(250).slice(-2), 36)).toBe(250);
    const name = namePage(7);
    expect(placeOfId(`${name}.6`)).toEqual({ page: name, index: 6 });
    for (const id of ['', 'x', `${name}.`, 'A.1', 'a.b', 'a.1.2']) expect(placeOfId(id)).toBeNull();
  });
});

describe('the outline of a page', () => {
  test('says what each dead letter that is left was counted as, and nothing personal', () => {
    fc.assert(
      fc.property(fc.array(facts, { minLength: 1, maxLength: 30 }), (letters) => {
        const outline = writeOutline(letters);
        const read = readOutline('p', outline, null);
        expect(read.map(({ id, pixelId }) => [id, pixelId])).toEqual(
          letters.map(({ pixelId }, at) => [`p.${at}`, pixelId]),
        );
        const marks = letters.map((_, at) => (at % 2 === 0 ? '0' : '1')).join('');
        expect(readOutline('p', outline, marks)).toEqual(read.filter((_, at) => at % 2 === 1));
        const asFacts = letters.map((each, at) => ({ ...each, id: `p.${at}` }));
        expect(totals(removeArguments([], read))).toEqual(totals(removeArguments(asFacts)));
      }),
    );
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['no outline', zstdCompressSync(Buffer.from('{}'))],
    ['no entries', zstdCompressSync(Buffer.from('[[1,["2"],[null,1,2,3]],[0,1,2,3]]'))],
    ['too much', zstdCompressSync(Buffer.alloc(5_000_000))],
  ])('of %s has none', (_, outline) => {
    expect(readOutline('p', outline, null)).toEqual([]);
  });

  /** What the script adds up, whatever the order and however often a field comes. */
  function totals(args: readonly (string | number | Buffer)[]): Map<string, number> {
    const found = new Map<string, number>();
    let at = 1 + Number(args[0]) * 2;
    for (const [name, width] of [
      ['groups', 3],
      ['died', 2],
      ['expire', 2],
    ] as const) {
      const end = at + 1 + Number(args[at]) * width;
      for (at += 1; at < end; at += width) {
        const key = `${name} ${args[at]}`;
        found.set(key, (found.get(key) ?? 0) + Number(args[at + width - 1]));
      }
    }
    expect(at).toBe(args.length);
    return new Map([...found].sort());
  }
});
