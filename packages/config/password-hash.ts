import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/*
 * A hashed password:  scrypt:N:r:p:salt:hash   salt and hash in base64url
 *
 * N, r and p are those of RFC 7914. Their bounds keep a hash from being cheap to guess, and from costing
 * so much that login attempts overload control.
 */
const PREFIX = 'scrypt:';
const FORM = /^scrypt:(\d{4,7}):(\d{1,2}):(\d{1,2}):([\w-]{22,86}):([\w-]{43,86})$/;

/** 32 MiB and some 200 ms. Source: OWASP, password storage cheat sheet: scrypt with N = 2¹⁵, r = 8, p = 3. */
const DEFAULTS = { N: 2 ** 15, r: 8, p: 3 } as const;
const MIN_WORK = 2 ** 14 * 8;
const MAX_WORK = 2 ** 17 * 8 * 3;
const MAX_MEMORY_BYTES = 128 * 2 ** 17 * 8;

const SALT_BYTES = 16;
const HASH_BYTES = 32;

export interface PasswordHash {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** Whether a configured password has the prefix of a hash. */
export function looksHashed(password: string): boolean {
  return password.startsWith(PREFIX);
}

/** Null for what is not a hash, or costs too little or too much. */
export function parsePasswordHash(text: string): PasswordHash | null {
  const [, N, r, p, salt = '', hash = ''] = FORM.exec(text) ?? [];
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const work = cost.N * cost.r * cost.p;
  const isPowerOfTwo = cost.N > 1 && Number.isInteger(Math.log2(cost.N));
  if (!isPowerOfTwo || !(work >= MIN_WORK && work <= MAX_WORK)) return null;
  if (128 * cost.N * cost.r > MAX_MEMORY_BYTES) return null;
  return {
    ...cost,
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  };
}

/** The hash of a password, in the format of the configuration. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const { N, r, p } = DEFAULTS;
  const hash = await derive(password, { ...DEFAULTS, salt, hash: Buffer.alloc(HASH_BYTES) });
  return [`scrypt`, N, r, p, salt.toString('base64url'), hash.toString('base64url')].join(':');
}

/** Takes as long for a wrong password as for the right one. */
export async function matchesHash(password: string, expected: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, expected), expected.hash);
}

function derive(password: string, { N, r, p, salt, hash }: PasswordHash): Promise<Buffer> {
  const maxmem = 2 * MAX_MEMORY_BYTES;
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, hash.length, { N, r, p, maxmem }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
