import { describe, expect, test } from '@jest/globals';
import { OffenderPatterns, shapeOf } from '#core/delivery/offender-patterns.ts';
import { fieldNamed } from '#core/outcome/meta-error.ts';
import { hashRecord, type SendableRecord, writeRecord } from '#core/record/record.ts';

function record(offset: number, name: string, fbc: string | undefined): SendableRecord {
  const plain = {
    event_name: name,
    event_time: 1_763_632_800,
    action_source: 'website' as const,
    user_data: fbc === undefined ? {} : { fbc },
  };
  return hashRecord(Buffer.from(writeRecord({ plain, personal: {} }, { offset, timestamp: 0 }, 0)));
}

const REFUSED = 'fbc';
const GOOD = 'fb.1.1763892000000.IwAR2F4';
const BAD = 'fb.1.IwAR2F4';

test.each([
  [`(#100) Param $['data'][3]['user_data']['fbc'] must be a string.`, 'fbc'],
  [`(#100) Unexpected key "x" on param "$['data'][0]['custom_data']".`, 'custom_data'],
  [`(#100) Param $['data'][3]['user_data']['em'][0] is not hashed.`, 'em'],
  [`Invalid parameter: $['data'][7]`, null],
  ["Invalid parameter The ct parameter isn't hashed with SHA-256.", 'ct'],
  ['Invalid parameter Malformed fbp Parameter', 'fbp'],
  ['Invalid parameter', null],
])('%s names %s', (message, field) => {
  expect(fieldNamed(message)).toBe(field);
});

test.each([
  [GOOD, '"a.9.9.a9a9"'],
  [BAD, '"a.9.a9a9"'],
  ['jane.roe@example.com', '"a.a@a.a"'],
  ['Ünï 5', '"a 9"'],
  ['', '""'],
  [12.5, 'number'],
  [null, 'null'],
  [['a'], 'object'],
  ['-'.repeat(1000), `"${'-'.repeat(40)}"`],
])('%j looks like %s', (value, shape) => {
  expect(shapeOf(value)).toBe(shape);
});

describe('screening', () => {
  const batch = [
    record(0, 'Lead', GOOD),
    record(1, 'Lead', BAD),
    record(2, 'Lead', undefined),
    record(3, 'Purchase', BAD),
  ];
  const offsets = (parts: readonly (readonly SendableRecord[])[]) =>
    parts.map((part) => part.map(({ offset }) => offset));

  function learnt(times: number, field: string | null = REFUSED): OffenderPatterns {
    const screening = new OffenderPatterns();
    for (let at = 0; at < times; at += 1) screening.refused(record(at, 'Lead', BAD), field);
    return screening;
  }

  test('sends apart what looks like offenders that recur, and nothing else', () => {
    expect(offsets(learnt(1).separate(batch))).toEqual([[0, 1, 2, 3]]);
    expect(offsets(learnt(2).separate(batch))).toEqual([[1], [0, 2, 3]]);
    expect(offsets(learnt(2).separate(batch.slice(1, 2)))).toEqual([[1]]);
    expect(offsets(learnt(9, null).separate(batch))).toEqual([[0, 1, 2, 3]]);
  });

  test('forgets a kind of which one was accepted', () => {
    const screening = learnt(5);
    screening.accepted([record(8, 'Lead', GOOD), record(9, 'Purchase', BAD)]);
    expect(offsets(screening.separate(batch))).toHaveLength(2);
    screening.accepted([record(9, 'Lead', BAD)]);
    expect(offsets(screening.separate(batch))).toEqual([[0, 1, 2, 3]]);
  });

  test('remembers a bounded number of kinds, the latest', () => {
    const screening = learnt(2);
    for (let at = 0; at < 40; at += 1) screening.refused(record(at, `E${at >> 1}`, BAD), REFUSED);
    expect(offsets(screening.separate(batch))).toEqual([[0, 1, 2, 3]]);
    const kinds = screening.separate([...batch, record(9, 'E19', BAD)]);
    expect(offsets(kinds)).toHaveLength(2);
  });
});
