import { describe, expect, test } from '@jest/globals';
import {
  afterStep,
  formatWatermark,
  isBefore,
  leadsOn,
  parseWatermark,
  type Watermark,
} from '#store/intake/watermarks.ts';

const A = 'AAAAAAAAAAAAAAAAAAAAAA';
const B = 'BBBBBBBBBBBBBBBBBBBBBB';

function at(offset: number, topicId: string | null = null, haltedAt: number | null = null) {
  return { offset, topicId, haltedAt };
}

describe('a watermark is stored', () => {
  test.each<[string, Watermark]>([
    ['100', at(100)],
    [`100 ${A}`, at(100, A)],
    [`100 ${A} 60`, at(100, A, 60)],
    ['100 - 60', at(100, null, 60)],
    ['100 - 0', at(100, null, 0)],
  ])('%s', (value, watermark) => {
    expect(formatWatermark(watermark)).toBe(value);
    expect(parseWatermark(value)).toEqual(watermark);
  });

  test('as nothing where nothing was taken', () => {
    expect(parseWatermark(null)).toBeNull();
  });

  test.each(['', 'x', '1.5x', '10  20', '-', `100 ${A} x`, '100 -', '0x10', '1e3'])(
    'never as %j',
    (value) => {
      expect(() => parseWatermark(value)).toThrow('not readable');
    },
  );
});

describe('a step against the watermark', () => {
  test.each<
    [string, { from: number | null; to: number; topicId?: string | null }, Watermark | null, string]
  >([
    ['the first of all', { from: null, to: 5 }, null, 'before'],
    ['the first of all, taken', { from: null, to: 5 }, at(5), 'elsewhere'],
    ['the next one', { from: 5, to: 9 }, at(5), 'before'],
    ['the next one, taken', { from: 5, to: 9 }, at(9), 'elsewhere'],
    ['another process was faster', { from: 5, to: 9 }, at(7), 'elsewhere'],
    ['another process was first', { from: null, to: 9 }, at(7), 'elsewhere'],
    ['Redis lost it', { from: 5, to: 9 }, null, 'elsewhere'],
    ['it leads nowhere', { from: 9, to: 9 }, at(9), 'before, but leads nowhere'],
    ['it leads back', { from: 9, to: 5 }, at(5), 'elsewhere, but leads nowhere'],
    ['of the same topic', { from: 5, to: 9, topicId: A }, at(5, A), 'before'],
    ['of the same topic, taken', { from: 5, to: 9, topicId: A }, at(9, A), 'elsewhere'],
    ['of a topic not known before', { from: 5, to: 9, topicId: A }, at(5), 'before'],
    ['of a topic not known any more', { from: 5, to: 9 }, at(5, A), 'before'],
    ['of another topic', { from: 5, to: 9, topicId: B }, at(5, A), 'elsewhere'],
    ['of another topic, at its end', { from: 5, to: 9, topicId: B }, at(9, A), 'elsewhere'],
    ['of a halted partition', { from: 5, to: 9, topicId: A }, at(5, A, 3), 'elsewhere'],
    ['of a halted partition, at its end', { from: 5, to: 9, topicId: A }, at(9, A, 3), 'elsewhere'],
  ])('%s', (_name, step, stored, expected) => {
    const words = isBefore(step, stored) ? 'before' : 'elsewhere';
    expect(leadsOn(step) ? words : `${words}, but leads nowhere`).toBe(expected);
  });

  test('names the topic from then on', () => {
    expect(afterStep({ from: 5, to: 9, topicId: A }, at(5))).toEqual(at(9, A));
    expect(afterStep({ from: 5, to: 9 }, at(5, A))).toEqual(at(9, A));
    expect(afterStep({ from: null, to: 9 }, null)).toEqual(at(9));
  });
});
