import { describe, expect, test } from '@jest/globals';
import {
  continues,
  type FetchedBatch,
  missingBefore,
  resolveStart,
} from '#ingest/kafka/positions.ts';
import type { Watermark } from '#store/intake/watermarks.ts';

const A = 'AAAAAAAAAAAAAAAAAAAAAA';
const B = 'BBBBBBBBBBBBBBBBBBBBBB';

/** Offsets 100 to 199 of a log that ends at 500. */
const BATCH: FetchedBatch = {
  firstOffset: 100,
  lastOffset: 199,
  endOffset: 500,
  logStart: 0,
  topicId: A,
};

function at(offset: number, topicId: string | null = A, haltedAt: number | null = null): Watermark {
  return { offset, topicId, haltedAt };
}

function read(from: number | null, next: number) {
  return { kind: 'read', position: { from, next, topicId: A }, missing: null };
}

describe('the watermark decides where a partition is read', () => {
  test.each<[string, Watermark | null, boolean, object]>([
    ['nothing was taken yet', null, false, read(null, 100)],
    ['it stands at the batch', at(100), false, read(100, 100)],
    ['it stands within: the first ones are taken', at(150), false, read(150, 150)],
    ['it stands before: Redis went back', at(50), false, { kind: 'seek', offset: 50 }],
    ['it stands before a gap in the log', at(50), true, read(50, 50)],
    ['it stands behind: all of these are taken', at(300), false, { kind: 'seek', offset: 300 }],
    ['it stands at the end of the log', at(500), false, { kind: 'seek', offset: 500 }],
    ['it stands beyond the end, for now', at(501), false, { kind: 'seek', offset: 501 }],
    ['it stands at the end, and Kafka gave something else', at(500), true, read(500, 500)],
    ['the topic was not known before', at(150, null), false, read(150, 150)],
  ])('%s', (_name, watermark, seekIssued, expected) => {
    expect(resolveStart(watermark, BATCH, seekIssued)).toEqual(expected);
  });
});

describe('another topic under the same name is read from its beginning', () => {
  const start = { kind: 'recreated', to: at(0, B) };

  test.each([
    ['with fewer messages than were taken', 501],
    ['with as many', 500],
    ['with more', 150],
    ['in the middle of what was fetched', 100],
    ['with nothing taken of the old one', 0],
  ])('%s', (_name, offset) => {
    for (const seekIssued of [false, true]) {
      expect(resolveStart(at(offset), { ...BATCH, topicId: B }, seekIssued)).toEqual(start);
    }
  });

  test('also where the old one was halted', () => {
    expect(resolveStart(at(501, A, 400), { ...BATCH, topicId: B }, false)).toEqual(start);
  });
});

describe('a log that ends before what was taken of it is not read', () => {
  test('where it is known to be the same topic', () => {
    expect(resolveStart(at(501), BATCH, true)).toEqual({ kind: 'truncated', to: at(501, A, 500) });
  });

  test.each([
    ['the old topic is not known', at(501, null), A],
    ['the brokers tell no ids', at(501, A), null],
    ['neither is known', at(501, null), null],
  ])('and where %s', (_name, watermark, topicId) => {
    expect(resolveStart(watermark, { ...BATCH, topicId }, true)).toEqual({
      kind: 'truncated',
      to: { ...watermark, haltedAt: 500 },
    });
  });

  test('until a person says where', () => {
    const watermark = at(150, A, 120);
    expect(resolveStart(watermark, BATCH, false)).toEqual({ kind: 'halted', watermark });
    expect(resolveStart(watermark, BATCH, true)).toEqual({ kind: 'halted', watermark });
  });
});

describe('missing is what the log has lost at its start', () => {
  test.each<[string, number | null, object | null]>([
    ['retention passed what was due', 80, { from: 50, to: 80 }],
    ['the log starts where it was due', 50, null],
    ['a gap within the log: compaction, or a transaction', 20, null],
    ['the brokers do not tell', null, null],
  ])('%s', (_name, logStart, missing) => {
    const batch = { ...BATCH, logStart };
    expect(missingBefore(50, batch)).toEqual(missing);
    expect(resolveStart(at(50), batch, true)).toEqual({
      kind: 'read',
      position: { from: 50, next: missing === null ? 50 : 80, topicId: A },
      missing,
    });
  });
});

describe('a batch goes on where its partition stands', () => {
  test.each<[string, Partial<FetchedBatch>, boolean]>([
    ['in the same log', {}, true],
    ['after a gap', { firstOffset: 160 }, true],
    ['at the end of the log', { endOffset: 150 }, true],
    ['where the brokers tell no ids', { topicId: null }, true],
    ['but not in another topic', { topicId: B }, false],
    ['but not where the log ends before', { endOffset: 149 }, false],
  ])('%s', (_name, change, goes) => {
    expect(continues({ from: 140, next: 150, topicId: A }, { ...BATCH, ...change })).toBe(goes);
  });
});
