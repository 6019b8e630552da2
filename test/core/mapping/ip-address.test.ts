import { BlockList, isIP } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ipAddress } from '#core/user-data/ip-address.ts';

const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ...[['0.0.0.0', 8] as const, ['10.0.0.0', 8] as const, ['127.0.0.0', 8] as const],
  ...[['169.254.0.0', 16] as const, ['172.16.0.0', 12] as const, ['192.168.0.0', 16] as const],
  ['100.64.0.0', 10] as const,
]) {
  PRIVATE.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv6');
}

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
    ['2001:db8::1%eth0', '2001:db8::1'],
    ['[2001:db8::1%eth0]:80', '2001:db8::1'],
    ['10.0.0.5, 203.0.113.9', '203.0.113.9'],
    ['unknown, 203.0.113.9', '203.0.113.9'],
    ['192.168.1.1, fe80::1, [2001:db8::1]:443, 203.0.113.9', '2001:db8::1'],
    ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
    ['172.15.0.1', '172.15.0.1'],
    ['172.32.0.1', '172.32.0.1'],
    ['100.63.255.255', '100.63.255.255'],
    ['100.128.0.1', '100.128.0.1'],
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
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

  test.each([
    '0.0.0.0',
    '10.0.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1:8080',
    '100.64.0.1',
    '100.127.255.255',
    '::ffff:192.168.0.1',
    '::',
    '::1',
    '0:0:0:0:0:0:0:1',
    'fd12:3456:789a::1',
    'FC00::1',
    'fe80::1%eth0',
    'febf::1',
    '10.0.0.1, 192.168.0.1',
  ])('an address of no one in particular: %s', (given) => expect(ipAddress(given)).toBeNull());

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
        if (/^::ffff:[\d.]+$/i.test(text)) return;
        const kind = isIP(text);
        const none = kind === 0 || PRIVATE.check(text, kind === 4 ? 'ipv4' : 'ipv6');
        expect(ipAddress(text)).toBe(none ? null : text);
      }),
      { numRuns: 3000 },
    );
  });
});
