import { describe, expect, test } from '@jest/globals';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { filterTextOfIds, parseFilter } from '#core/dead-letter/filter.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-20T12:00:00Z');

const LETTER: DeadLetterFacts = {
  id: 'track-events-3-118-42',
  pixelId: '42',
  stage: 'worker',
  reason: 'rejected_by_meta',
  message: 'Meta rejects this event',
  kafka: { topic: 'track-events', partition: 3, offset: 118, timestamp: NOW - 6 * HOUR },
  diedAt: NOW - 5 * HOUR,
  horizon: NOW / 1000 + 20 * 3600,
  eventName: 'Product Added',
  eventId: 'e-1',
  attempts: 2,
  replays: 1,
  refusal: {
    status: 400,
    code: 100,
    subcode: 2804001,
    message: '(#100) em is not a SHA-256 hash',
    traceId: 'AbC',
    index: 0,
  },
  unknown: false,
  holds: 'record',
};

function passes(text: string, facts: Partial<DeadLetterFacts> = {}): boolean {
  const parsed = parseFilter(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.filter.matches({ ...LETTER, ...facts }, NOW);
}

const UUID = 'a3c1b7d2-9f4e-4c1a-8b6d-2f0e9c7a5b31';

describe('a filter that the dead letter passes', () => {
  test.each([
    '',
    '   ',
    'reason:rejected_by_meta',
    'reason:too_old,rejected_by_meta',
    'pixel:42',
    'event:"Product Added"',
    'event:Purchase,"Product Added"',
    '-event:Purchase',
    '-reason:too_old,out_of_retries',
    'stage:worker',
    'code:100',
    'code:>=100 code:<101',
    'subcode:2804001',
    'status:400',
    'message:"sha-256"',
    'message:rejects',
    'since:6h',
    'since:2026-11-20',
    'since:2026-11-20T06:59:00Z',
    'until:1h',
    'expires:<24h',
    'expires:>19h',
    'id:track-events-3-118-42',
    'eventid:e-1',
    'trace:AbC',
    'topic:track-events partition:3 offset:>100 offset:<200',
    'attempts:2',
    'replays:<3',
    'unknown:no',
    'reason:rejected_by_meta pixel:42   since:1d\texpires:<24h',
  ])('%s', (text) => {
    expect(passes(text)).toBe(true);
  });
});

describe('a filter that it does not pass', () => {
  test.each([
    'reason:too_old',
    '-reason:rejected_by_meta',
    'pixel:4',
    'pixel:none',
    'event:Product',
    '-event:"Product Added",Purchase',
    'stage:ingest',
    'code:101',
    'message:"token"',
    'since:4h',
    'until:6h',
    'expires:<19h',
    'expires:>1d',
    'expires:past',
    'replays:0',
    'unknown:yes',
    'reason:rejected_by_meta pixel:43',
  ])('%s', (text) => {
    expect(passes(text)).toBe(false);
  });
});

describe('what is not known', () => {
  const unknown = { pixelId: null, eventName: null, eventId: null, horizon: null, refusal: null };
  test.each([
    ['pixel:none', true],
    ['event:Purchase', false],
    ['-event:Purchase', true],
    ['code:<1000', false],
    ['expires:<24h', false],
    ['expires:>1h', false],
    ['expires:past', false],
  ])('%s: %s', (text, expected) => {
    expect(passes(text, unknown)).toBe(expected);
  });

  test('a horizon that has passed is past, and within no time', () => {
    const past = { horizon: NOW / 1000 - 1 };
    expect(passes('expires:past', past)).toBe(true);
    expect(passes('expires:<24h', past)).toBe(false);
  });
});

describe('what is no filter', () => {
  test.each([
    ['missing_value', '“missing_value” is not a term: write field:value'],
    ['reason: too_old', '“reason:” is not a term'],
    ['reson:too_old', '“reson” (did you mean reason?): the fields are reason, pixel'],
    ['reason:missing_valu', 'not “missing_valu” (did you mean missing_value?)'],
    ['constructor:x', 'there is no field “constructor”'],
    ['reason:auth', 'reason: takes one of invalid_event, '],
    ['reason:too_old,auth', 'not “auth”'],
    ['stage:sandbox', 'stage: takes one of ingest, worker'],
    ['code:x', "code: takes Meta's error code, such as 3, <3 or >=3, not “x”"],
    ['code:<', 'code: takes'],
    ['since:soon', 'since: takes a time such as 30m'],
    ['since:20261120', 'since: takes a time'],
    ['expires:24h', 'expires: takes a time to the horizon such as <24h'],
    ['event:"Product Added', 'a quote is not closed'],
    ['event:,', 'event: takes'],
    ['unknown:maybe', 'unknown: takes one of yes, no'],
  ])('%s', (text, problem) => {
    const parsed = parseFilter(text);
    expect(parsed.ok ? '' : parsed.problem).toContain(problem);
  });
});

describe('the ids that alone can match', () => {
  test.each([
    ['', null],
    ['id:a,b pixel:1', ['a', 'b']],
    ['-id:a', null],
  ])('%s', (text, expected) => {
    const parsed = parseFilter(text);
    expect(parsed.ok && parsed.filter.ids).toEqual(expected);
  });
});

test('a filter of ids passes these ids', () => {
  expect(passes(filterTextOfIds(['x', LETTER.id]))).toBe(true);
  expect(passes(filterTextOfIds(['x']))).toBe(false);
});

describe('what whole groups and pages may be asked', () => {
  const parse = (text: string) => {
    const parsed = parseFilter(text);
    if (!parsed.ok) throw new Error(parsed.problem);
    return parsed.filter;
  };

  test.each([
    ['', true],
    ['pixel:42 -reason:too_old stage:worker code:100 subcode:>1', true],
    ['pixel:42 since:2h', false],
    ['message:no', false],
  ])('%s decides for groups: %s', (text, expected) => {
    expect(parse(text).byGroup).toBe(expected);
  });

  test.each([
    ['', true],
    ['pixel:42 offset:1', true],
    ['pixel:43 offset:118', false],
    ['-event:"Product Added" since:1h', false],
  ])('%s could match: %s', (text, expected) => {
    expect(parse(text).couldMatch({ ...LETTER, topic: LETTER.kafka.topic })).toBe(expected);
  });

  test.each([
    ['', true],
    ['since:2h', true],
    ['since:30m', false],
    ['since:30m,3h', true],
    ['-since:30m', true],
    ['until:2h', true],
    ['until:4h', false],
    ['since:9h until:4h', false],
  ])('%s could have died from three hours ago to one hour ago: %s', (text, expected) => {
    expect(parse(text).couldHaveDied(NOW - 3 * HOUR, NOW - HOUR, NOW)).toBe(expected);
  });

  test.each([
    [`eventid:${UUID} pixel:42`, [UUID]],
    ['eventid:e-1 pixel:42', []],
    ['trace:a\\b', ['a\\\\b']],
    ['eventid:e-1,e-2', []],
    ['-eventid:e-1', []],
  ])('%s has the needles %j', (text, expected) => {
    expect(parse(text).needles).toEqual(expected);
  });
});
