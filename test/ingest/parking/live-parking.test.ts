import { beforeEach, describe, expect, test } from '@jest/globals';
import { LiveParking } from '#ingest/parking/live-parking.ts';
import type { ParkedRange } from '#store/parking/ranges.ts';

const PIXEL = '101';
const AT = { topic: 't', partition: 0 };
const RANGE = { from: 10, to: 50, events: 5, lost: 0, since: 1, timestamp: 1, closed: false };
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
let parking: LiveParking;

beforeEach(() => {
  parking = new LiveParking([PIXEL, '102']);
});

const holds = (offset: number, pixelId = PIXEL, partition = 0): boolean =>
  parking.holds(pixelId, { topic: 't', partition, offset, timestamp: 1000 + offset });

const take = (to: number, partition = 0) =>
  parking.take([{ topic: 't', partition, from: null, to, topicId: TOPIC_ID }]);

function load(own: Partial<ParkedRange>, seen: number | null, offset: number, topicId = TOPIC_ID) {
  const ranges = new Map([[PIXEL, { ...RANGE, ...own }]]);
  parking.load(AT, { ranges, seen, topicId }, { offset, topicId: TOPIC_ID, haltedAt: null });
}

test('an event of a pixel whose share is not full is queued, at the price of a comparison', () => {
  expect(parking.any).toBe(false);
  parking.setFull(new Set([PIXEL]));
  expect(parking.any).toBe(true);
  expect(holds(7, '102')).toBe(false);
  parking.setFull(new Set());
  expect(parking.any).toBe(false);
  expect(take(8)).toEqual([]);
});

test('from the first parked event on, all of its pixel in the partition are', () => {
  parking.setFull(new Set([PIXEL]));
  expect([holds(10), holds(12)]).toEqual([true, true]);
  parking.setFull(new Set());
  expect([holds(15), holds(15, PIXEL, 1)]).toEqual([true, false]);
  const stretch = { from: 10, to: 16, events: 3, timestamp: 1010 };
  expect(take(20)).toEqual([
    { at: AT, kind: 'park', pixelId: PIXEL, ...stretch },
    { at: AT, kind: 'seen', to: 20, topicId: TOPIC_ID },
  ]);
  expect(take(30)).toEqual([{ at: AT, kind: 'seen', to: 30, topicId: TOPIC_ID }]);
});

test('changes of a partition go with a move of its watermark', () => {
  parking.setFull(new Set([PIXEL]));
  holds(10);
  expect(take(20, 1)).toEqual([]);
  expect(take(20)).toHaveLength(2);
});

test('events are queued again together with the word that the range is closed', () => {
  parking.setFull(new Set([PIXEL]));
  holds(10);
  take(11);
  parking.onWritten();
  parking.close(AT, PIXEL);
  expect(holds(12)).toBe(false);
  expect(take(13)).toContainEqual({ at: AT, kind: 'close', pixelId: PIXEL, to: null });
});

test('a range may begin again once the closed one has gone from Redis, and not before', () => {
  parking.setFull(new Set([PIXEL]));
  holds(10);
  parking.close(AT, PIXEL);
  const gone = new Map();
  parking.prune(AT, gone, parking.mark(AT));
  expect(holds(12)).toBe(false);
  take(13);
  const early = parking.mark(AT);
  expect(early).toBeNull();
  parking.onWritten();
  // What was read before the write does not know of it.
  parking.prune(AT, gone, early);
  expect(holds(14)).toBe(false);
  parking.prune(AT, new Map([[PIXEL, RANGE]]), parking.mark(AT));
  expect(holds(15)).toBe(false);
  parking.prune(AT, gone, parking.mark(AT));
  expect(holds(16)).toBe(true);
});

test('what was noted and not written is void with the positions', () => {
  parking.setFull(new Set([PIXEL]));
  holds(10);
  parking.forget();
  expect(take(20)).toEqual([]);
});

describe('a range that is found in Redis', () => {
  test('goes on where it ended', () => {
    load({}, 60, 60);
    expect(holds(60)).toBe(true);
    expect(take(61)[0]).toMatchObject({ kind: 'park', from: 60, to: 61 });
  });

  test('goes on no more once it was closed', () => {
    load({ closed: true }, 60, 60);
    expect(holds(60)).toBe(false);
  });

  test.each([
    ['an ingest that knows no parking has read on', 60, 80, 80],
    ['a person has moved the watermark back', 60, 30, 30],
    ['nothing says how far ingests have read that know of parking', null, 60, 60],
  ])('is closed and cut where %s', (_, seen, offset, to) => {
    load({}, seen, offset);
    expect(holds(offset)).toBe(false);
    expect(take(offset + 1)).toContainEqual({ at: AT, kind: 'close', pixelId: PIXEL, to });
  });

  test('is closed before its start where the topic was recreated', () => {
    load({}, 60, 60, 'BBBBBBBBBBBBBBBBBBBBBB');
    expect(take(61)).toContainEqual({ at: AT, kind: 'close', pixelId: PIXEL, to: 0 });
  });

  test('of a pixel that is not configured any more is closed', () => {
    parking.configure(['102']);
    load({}, 60, 60);
    expect(take(61)).toContainEqual({ at: AT, kind: 'close', pixelId: PIXEL, to: 60 });
  });

  test('is closed when its pixel leaves the configuration', () => {
    load({}, 60, 60);
    parking.configure(['102']);
    expect(holds(60)).toBe(false);
    expect(take(61)).toContainEqual({ at: AT, kind: 'close', pixelId: PIXEL, to: null });
  });
});
