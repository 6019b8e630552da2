import { isIP } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ipAddress } from '#core/mapping/ip-address.ts';

describe('ipAddress', () => {
  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:8080', '203.0.113.9'],
    [' 203.0.113.9 ', '203.0.113.9'],
    ['203.0.113.9, 10.0.0.1, 10.0.0.2', '203.0.113.9'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:0db8:85a3:0000:0000:8a2e:0370:7334', '2001:0db8:85a3:0000:0000:8a2e:0370:7334'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%eth0]:80', 'fe80::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::', '::'],
    ['64:ff9b::203.0.113.9', '64:ff9b::203.0.113.9'],
  ])('%s', (given, expected) => expect(ipAddress(given)).toBe(expected));

  test.each([
    '',
    'unknown',
    '256.1.1.1',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.4x',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8::',
    '12345::1',
    'g::1',
    '[2001:db8::1',
    `2001:db8::1${' '.repeat(300)}`,
    5,
    null,
    {},
  ])('no address: %j', (given) => expect(ipAddress(given)).toBeNull());

  test("agrees with Node's own judgement", () => {
    const group = fc.stringMatching(/^[0-9a-f]{0,5}$/);
    const likely = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.array(group, { maxLength: 9 }).map((groups) => groups.join(':')),
      fc.array(fc.nat(300), { maxLength: 5 }).map((parts) => parts.join('.')),
    );
    fc.assert(
      fc.property(likely, (text) => {
        const mapped = /^::ffff:[\d.]+$/i.test(text);
        if (!mapped) expect(ipAddress(text)).toBe(isIP(text) === 0 ? null : text);
      }),
      { numRuns: 3000 },
    );
  });
});
