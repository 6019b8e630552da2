import { describe, expect, test } from '@jest/globals';
import { drainsOf, type Filtered, NOTHING_FILTERED } from '#store/status/filtered.ts';
import { NO_EVENTS } from '#store/status/ledger.ts';
import { pixelStatus } from '#test/support/pixel-status.ts';

const reasons: Filtered['reasons'] = [
  ['no_consent', 9],
  ['not_track', 1],
];

function drains(consumed: number, filtered: number, unbroken: number, configured = true) {
  const ledger = { ...NO_EVENTS, consumed, filtered };
  const pixel = pixelStatus({ configured, ledger, filtered: { reasons, unbroken } });
  return drainsOf({ pixels: [pixel], none: NO_EVENTS, noneFiltered: NOTHING_FILTERED });
}

describe('a pixel of which events are consumed and none is delivered', () => {
  test.each([
    ['none was ever delivered', 40, 40, 40, true],
    ['none was ever delivered, of few', 2, 2, 2, false],
    ['all passed before', 1020, 20, 20, true],
    ['one of a hundred passed before', 12_000, 11_900, 2000, true],
  ])('%s', (_, consumed, filtered, unbroken, certain) => {
    const found = { pixelId: '101', events: unbroken, reason: 'no_consent', certain };
    expect(drains(consumed, filtered, unbroken)).toEqual([found]);
  });

  test.each([
    ['nothing came', 0, 0, 0],
    ['too few in a row', 1019, 19, 19],
    ['no longer a row than is usual where one of a hundred passes', 12_000, 11_880, 1600],
  ])('is not one of which %s', (_, consumed, filtered, unbroken) => {
    expect(drains(consumed, filtered, unbroken)).toEqual([]);
  });

  test('nor one that is not configured', () => {
    expect(drains(40, 40, 40, false)).toEqual([]);
  });
});

test('events that go to no pixel are measured by those that go to any', () => {
  const none = { ...NO_EVENTS, consumed: 30, filtered: 30 };
  const noneFiltered = { reasons: [['no_pixel', 30]], unbroken: 30 } as const;
  expect(drainsOf({ pixels: [pixelStatus({})], none, noneFiltered })).toEqual([
    { pixelId: 'none', events: 30, reason: 'no_pixel', certain: true },
  ]);
});
