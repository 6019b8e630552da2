import { describe, expect, test } from '@jest/globals';
import type { HaltState } from '#core/delivery/halt.ts';
import { Shares, shareOf } from '#ingest/parking/shares.ts';

const LIMIT = 100;

function sharesOf() {
  const told: string[] = [];
  let full: ReadonlySet<string> = new Set();
  const shares = new Shares(LIMIT, {
    parking: {
      setFull(pixelIds) {
        full = pixelIds;
      },
    },
    onFull: (pixelId, queued) => told.push(`${pixelId} ${queued}`),
  });
  return { shares, told, full: () => [...full] };
}

const board = (halts: Record<string, HaltState>) =>
  new Map(Object.entries(halts).map(([pixelId, state]) => [pixelId, { halt: { state } }]));

describe('the share of a pixel', () => {
  const backpressure = { resumeAtEvents: 250_000 };

  test.each([
    [1, Number.POSITIVE_INFINITY],
    [2, 62_500],
    [20, 6250],
    [10_000, 12],
    [1_000_000, 1],
  ])(
    'of %i pixels leaves half of what lets Kafka be read to those that are not halted',
    (pixels, share) => {
      expect(shareOf({ backpressure, parking: { shareEvents: null } }, pixels)).toBe(share);
    },
  );

  test('is what the configuration says, with one pixel too', () => {
    expect(shareOf({ backpressure, parking: { shareEvents: 7 } }, 1)).toBe(7);
  });
});

test('a pixel is full while its lane waits for a person, and told once', () => {
  const { shares, told, full } = sharesOf();
  const queued = new Map([
    ['1', 99],
    ['2', 100],
    ['3', 500],
    ['4', 500],
    ['5', 500],
    ['6', 500],
  ]);
  const halts = board({ 1: 'blocked', 2: 'blocked', 3: 'paused', 4: 'failing', 5: 'throttled' });
  shares.update(queued, halts);
  expect(full()).toEqual(['2', '3']);
  shares.update(queued, halts);
  expect(told).toEqual(['2 100', '3 500']);
});

test('while the lane board cannot be read, what was known counts', () => {
  const { shares, full } = sharesOf();
  shares.update(new Map([['1', 100]]), board({ 1: 'blocked' }));
  shares.update(new Map(), null);
  expect(full()).toEqual(['1']);
});

test('a lane has room for events that are read again while it is active and below its share', () => {
  const { shares } = sharesOf();
  // Nothing is known yet.
  expect(shares.hasRoom('1')).toBe(false);
  shares.update(new Map([['1', 60]]), board({ 2: 'failing' }));
  expect(['1', '2', '3'].map((pixelId) => shares.hasRoom(pixelId))).toEqual([true, false, true]);
  shares.add('1', 40);
  expect(shares.hasRoom('1')).toBe(false);
});
