import { describe, expect, test } from '@jest/globals';
import { timeOf } from '#core/mapping/event-time.ts';
import { delivered, HAPPENED, NOW, outcome, track } from './mapped.ts';

const SECOND = NOW / 1000;

describe('forms of a time', () => {
  test.each<[unknown, string]>([
    ['2026-11-20T09:59:00.123Z', '2026-11-20T09:59:00.123Z'],
    ['2026-11-20T09:59:00Z', '2026-11-20T09:59:00.000Z'],
    ['2026-11-20T10:59:00+01:00', '2026-11-20T09:59:00.000Z'],
    ['2026-11-20T10:59:00.5+0100', '2026-11-20T09:59:00.500Z'],
    ['2026-11-20T04:29:00-05:30', '2026-11-20T09:59:00.000Z'],
    ['2026-11-20T08+01', ''],
    ['2026-11-20 09:59:00', '2026-11-20T09:59:00.000Z'],
    ['2026-11-20T09:59', '2026-11-20T09:59:00.000Z'],
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    [' 2026-11-20T09:59:00Z ', '2026-11-20T09:59:00.000Z'],
    ['2024-02-29T00:00:00.000Z', '2024-02-29T00:00:00.000Z'],
    ['2026-11-20T09:59:00.123456789Z', '2026-11-20T09:59:00.123Z'],
    [1_795_168_740, '2026-11-20T09:59:00.000Z'],
    [1_795_168_740.5, '2026-11-20T09:59:00.500Z'],
    [1_795_168_740_123, '2026-11-20T09:59:00.123Z'],
    ['1795168740', '2026-11-20T09:59:00.000Z'],
    ['1795168740123', '2026-11-20T09:59:00.123Z'],
    [0, '1970-01-01T00:00:00.000Z'],
  ])('%j', (value, expected) => {
    const ms = timeOf(value);
    expect(ms === null ? '' : new Date(ms).toISOString()).toBe(expected);
  });

  test.each([
    'yesterday',
    '20/11/2026',
    'Nov 20, 2026',
    '2026-02-30T00:00:00.000Z',
    '2026-02-30',
    '2023-02-29',
    '2026-13-01',
    '2026-00-10T00:00:00.000Z',
    '2026-11-20T24:00:01Z',
    '2026-11-20T25:00:00.000Z',
    '2026-11-20T09:60:00.000Z',
    '2026-11-20T09:59:61.000Z',
    '2026-11-20T0x:59:00.000Z',
    '1969-12-31T00:00:00Z',
    '2026-11-20T09:59:00+24:00',
    '2026-11-20T09:59:00-01:60',
    '-1',
    -1,
    1e15,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    true,
    {},
    [],
    '9'.repeat(1000),
  ])('no time: %j', (value) => expect(timeOf(value)).toBeNull());
});

describe('which field says it', () => {
  test.each<[string, Record<string, unknown>, number]>([
    ['timestamp', { timestamp: HAPPENED, originalTimestamp: 1 }, SECOND - 60],
    ['originalTimestamp', { timestamp: undefined, originalTimestamp: HAPPENED }, SECOND - 60],
    ['sentAt', { timestamp: null, sentAt: HAPPENED, receivedAt: 1 }, SECOND - 60],
    ['receivedAt', { timestamp: '', receivedAt: HAPPENED }, SECOND - 60],
  ])('%s', (_field, fields, expected) => {
    const { plain, warnings } = delivered(track(fields));
    expect(plain.event_time).toBe(expected);
    expect(warnings).toEqual([]);
  });

  test('without any the time of reading stands in, and a warning says so', () => {
    const { plain, warnings } = delivered(track({ timestamp: undefined }));
    expect(plain.event_time).toBe(SECOND);
    expect(warnings).toEqual(['missing_timestamp timestamp']);
  });

  test('one that cannot be read is not passed over', () => {
    const event = track({ timestamp: 'soon', originalTimestamp: HAPPENED });
    expect(outcome(event)).toBe('reject invalid_timestamp');
  });

  test('it is whole seconds, rounded down', () => {
    expect(delivered(track({ timestamp: NOW - 1 })).plain.event_time).toBe(SECOND - 1);
  });
});

const DAY = 86_400;

describe('too late and too early', () => {
  test.each([
    ['now', 0, 'website', 'deliver'],
    ['seven days ago', -7 * DAY, 'website', 'deliver'],
    ['a second more', -7 * DAY - 1, 'website', 'reject too_old'],
    ['a second more, by phone', -7 * DAY - 1, 'phone_call', 'reject too_old'],
    ['eight days ago in a shop', -8 * DAY, 'physical_store', 'deliver'],
    ['62 days ago in a shop', -62 * DAY, 'physical_store', 'deliver'],
    ['a second more in a shop', -62 * DAY - 1, 'physical_store', 'reject too_old'],
    ['the skew of clocks', 60, 'website', 'deliver'],
    ['a second more', 61, 'website', 'reject future'],
    ['a day ahead', DAY, 'physical_store', 'reject future'],
  ])('%s', (_case, offset, source, expected) => {
    const event = track({ timestamp: SECOND + offset, properties: { action_source: source } });
    expect(outcome(event)).toBe(expected);
  });

  test('a time within the skew is sent as it is', () => {
    expect(delivered(track({ timestamp: SECOND + 30 })).plain.event_time).toBe(SECOND + 30);
  });
});
