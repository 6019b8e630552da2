import { describe, expect, test } from '@jest/globals';
import {
  hashPassword,
  looksHashed,
  matchesHash,
  parsePasswordHash,
} from '#config/password-hash.ts';

const SALT = 'A'.repeat(22);
const HASH = 'A'.repeat(43);

test('a hash fits its password and no other, and is another one each time', async () => {
  const text = await hashPassword('a-long-password');
  expect(text).toMatch(/^scrypt:32768:8:3:[\w-]{22}:[\w-]{43}$/);
  expect(await hashPassword('a-long-password')).not.toBe(text);
  const hash = parsePasswordHash(text);
  if (hash === null) throw new Error('our own hash cannot be read');
  expect(await matchesHash('a-long-password', hash)).toBe(true);
  expect(await matchesHash('a-long-passwore', hash)).toBe(false);
  expect(await matchesHash('', hash)).toBe(false);
});

test('a hash is worked out as RFC 7914 has it', async () => {
  // Source: RFC 7914, 12: the third test vector, cut to 32 bytes, which PBKDF2 allows.
  const hash = Buffer.from(
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2',
    'hex',
  );
  const salt = Buffer.from('SodiumChloride', 'ascii');
  const expected = { N: 16_384, r: 8, p: 1, salt, hash };
  expect(await matchesHash('pleaseletmein', expected)).toBe(true);
});

describe('what begins like a hash', () => {
  test.each([
    ['is one', `scrypt:16384:8:1:${SALT}:${HASH}`, true],
    ['is as dear as may be', `scrypt:131072:8:3:${SALT}:${HASH}`, true],
    ['is too cheap', `scrypt:8192:8:1:${SALT}:${HASH}`, false],
    ['takes too much time', `scrypt:131072:8:4:${SALT}:${HASH}`, false],
    ['takes too much memory', `scrypt:1048576:8:1:${SALT}:${HASH}`, false],
    ['is no power of two', `scrypt:20000:8:1:${SALT}:${HASH}`, false],
    ['has a short salt', `scrypt:16384:8:1:AAAA:${HASH}`, false],
    ['has a short hash', `scrypt:16384:8:1:${SALT}:AAAA`, false],
    ['has no hash', `scrypt:16384:8:1:${SALT}`, false],
    ['is a password', 'scrypt:my-password', false],
  ])('%s', (_, text, valid) => {
    expect(looksHashed(text)).toBe(true);
    expect(parsePasswordHash(text) !== null).toBe(valid);
  });
});
