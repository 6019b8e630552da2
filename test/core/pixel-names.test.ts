import { describe, expect, test } from '@jest/globals';
import { isPixelName, NO_NAMES, PixelNames } from '#core/pixel-names.ts';

describe('a name of a pixel', () => {
  test.each([
    ['EU shop', true],
    ['Été 🛒 (new)', true],
    ['__proto__', true],
    ['x'.repeat(40), true],
    ['🛒'.repeat(40), true],
    ['x'.repeat(41), false],
    ['', false],
    [' ', false],
    [' EU', false],
    ['EU ', false],
    ['1234567890', false],
    ['a\nb', false],
    ['a\u2028b', false],
    ['a\u001b[2Jb', false],
    ['a\u202eb', false],
    ['a\u200bb', false],
    ['a\ud800b', false],
  ])('%j: %s', (text, may) => {
    expect(isPixelName(text)).toBe(may);
  });
});

describe('pixels', () => {
  const names = new PixelNames([
    { pixelId: '1', name: 'EU shop' },
    { pixelId: '2' },
    { pixelId: '3', name: 'constructor' },
  ]);

  test.each([
    ['1', 'EU shop (1)', '1'],
    ['EU shop', 'EU shop', '1'],
    ['2', '2', '2'],
    ['constructor', 'constructor', '3'],
    ['toString', 'toString', null],
    ['9', '9', null],
  ])('%s is shown as %s, and means %s', (text, label, id) => {
    expect(names.label(text)).toBe(label);
    expect(names.idOf(text)).toBe(id);
  });

  test('of no configuration have no names', () => {
    expect(NO_NAMES.label('1')).toBe('1');
    expect(NO_NAMES.of('1')).toBeNull();
  });
});
