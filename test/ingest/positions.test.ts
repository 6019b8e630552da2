import { describe, expect, test } from '@jest/globals';
import { approach } from '../../services/ingest/positions.ts';

const BATCH = { firstOffset: 100, lastOffset: 199, endOffset: 500 };

describe('the watermark decides where a partition is read', () => {
  test.each([
    ['nobody took anything yet', null, false, 'read', { from: null, next: 100 }],
    ['it stands at the batch', 100, false, 'read', { from: 100, next: 100 }],
    ['it stands within: the first ones are taken', 150, false, 'read', { from: 150, next: 150 }],
    ['it stands before: Redis went back', 50, false, 'seek', { from: 50, next: 50 }],
    ['it stands before, and Kafka has no more', 50, true, 'read', { from: 50, next: 50 }],
    ['it stands behind: all of these are taken', 300, false, 'seek', { from: 300, next: 300 }],
    ['it stands at the end of the log', 500, false, 'seek', { from: 500, next: 500 }],
    [
      'it stands beyond the end: perhaps a new leader',
      501,
      false,
      'seek',
      { from: 501, next: 501 },
    ],
    [
      'it stands where nothing is: the topic is new',
      501,
      true,
      'restart',
      { from: 501, next: 100 },
    ],
  ])('%s', (_name, watermark, sought, kind, position) => {
    expect(approach(watermark, BATCH, sought)).toMatchObject({ kind, position });
  });
});
