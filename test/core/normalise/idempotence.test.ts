import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HASHED_FIELDS } from '#core/event/server-event.ts';
import { isPlaceholder } from '#core/normalise/normaliser.ts';
import { NORMALISERS } from '#core/normalise/normalisers.ts';
import { canonical } from '#core/normalise/personal-value.ts';
import { anyText } from '#test/support/any-text.ts';

const NOW = Date.parse('2026-11-20T10:00:00Z');

/** What people write, whole or in pieces, with what copying adds. */
const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  anyText({ maxLength: 8 }),
  fc.constantFrom(
    ...['jo@example.com', 'mailto:', '@', '.', '+49', '0049', '030 901820', '(0)', 'ext. 5', '٤٢'],
    ...['İ', 'ẞ', 'Σ', 'Å', 'e\u0301', '\u034f', '\u202e', '\u00ad', '1997-02-16', '16 Feb 1997'],
    ...[
      'Germany',
      'DE',
      'New York',
      'N.Y.',
      '94025-1234',
      '01234',
      'female',
      'f',
      'null',
      '-',
      ' ',
    ],
  ),
);
const text = fc.array(piece, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
const country = fc.constantFrom(null, 'us', 'de', 'ca', 'it', 'ci', 'ar');

test.each(HASHED_FIELDS)('%s: a canonical value stays as it is', (field) => {
  let usable = 0;
  fc.assert(
    fc.property(text, country, (value, where) => {
      const hints = { country: where, now: NOW };
      const first = canonical(NORMALISERS[field], value, hints);
      if (typeof first !== 'string' || first === '') return;
      // The name Null is null, which a sender would not write for a name.
      if (isPlaceholder(first)) return;
      usable += 1;
      // The plus sign says that the calling code is there.
      const international = field === 'ph' ? `+${first}` : first;
      expect(canonical(NORMALISERS[field], international, hints)).toBe(first);
    }),
    { numRuns: 1500, seed: 20_261_128 },
  );
  expect(usable).toBeGreaterThan(10);
});
