import type { Random } from '#cli/produce/random.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const DEEPEST = 100_000;
const LONGEST = 300_000;

/** Strings that have broken software before. */
const STRINGS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\udc00x',
  'a\u0301'.repeat(50),
  '\u202e\u200b\ufeff',
  '👩‍👩‍👧‍👦'.repeat(20),
  '../../etc/passwd',
  '%s%n%x',
  '{"a":1}',
  '\r\nX: y',
  '1e999',
  'NaN',
  '2026-13-45T99:99:99Z',
  '+'.repeat(500),
  'a@'.repeat(300),
  `${'a'.repeat(5000)}@example.com`,
];

const NUMBERS: readonly number[] = [
  0,
  -0,
  -1,
  0.1,
  1e21,
  -1e308,
  2 ** 53,
  5e-324,
  253402300799,
  4294967296,
  -62135596800,
];

const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  '$in',
  'a.b',
];

/** Values of whole messages that are no Track events. */
const WHOLE: readonly string[] = [
  'null',
  'true',
  '1e400',
  '[]',
  '[[[[]]]]',
  '""',
  '{}',
  '{"type":"track"}',
  '\ufeff{"type":"track"}',
  '{"type":"track"}{"type":"track"}',
  '{"__proto__":{"type":"track","event":"x"}}',
  '{"type":"track","type":"identify"}',
  ' \n\t',
];

/** One message out of a good one: damaged bytes, hostile JSON, or something else altogether. */
export function mutate(original: Buffer, random: Random): Buffer {
  const kind = random.below(20);
  if (kind < 8) return damage(original, random);
  if (kind < 19) return distort(original, random);
  return random.below(200) === 0 ? nested(random) : Buffer.from(pickOf(WHOLE, random));
}

function damage(original: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(original);
  switch (random.below(5)) {
    case 0:
      return bytes.subarray(0, random.below(bytes.length));
    case 1: {
      const at = random.below(bytes.length);
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(random.below(bytes.length))]);
    }
    case 2: {
      const at = random.below(bytes.length);
      const noise = Buffer.from(Array.from({ length: random.below(20) }, () => random.below(256)));
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
    }
    default:
      for (let n = random.between(1, 8); n > 0; n -= 1) {
        bytes[random.below(bytes.length)] = random.below(256);
      }
      return bytes;
  }
}

/** Replaces, adds and removes values anywhere in the event. */
function distort(original: Buffer, random: Random): Buffer {
  const event = JSON.parse(original.toString()) as Json;
  for (let n = random.between(1, 4); n > 0; n -= 1) distortOnce(event, random);
  // JSON.stringify leaves this key out of what it is given, and a sender does not.
  return Buffer.from(JSON.stringify(event).replaceAll('"#proto"', '"__proto__"'));
}

function distortOnce(event: Json, random: Random): void {
  let at: Json = event;
  for (;;) {
    if (typeof at !== 'object' || at === null) return;
    const keys = Object.keys(at);
    const key = keys.length === 0 ? 'x' : (keys[random.below(keys.length)] ?? 'x');
    const holder = at as { [key: string]: Json };
    const below = holder[key];
    if (typeof below === 'object' && below !== null && random.below(4) > 0) {
      at = below;
      continue;
    }
    const roll = random.below(6);
    if (roll === 0) delete holder[key];
    else if (roll === 1) holder[name(random)] = hostile(random);
    else holder[key] = hostile(random);
    return;
  }
}

function name(random: Random): string {
  const key = pickOf(KEYS, random);
  return key === '__proto__' ? '#proto' : key;
}

function hostile(random: Random): Json {
  switch (random.below(9)) {
    case 0:
      return null;
    case 1:
      return random.below(2) === 0;
    case 2:
      return pickOf(NUMBERS, random);
    case 3:
      return { [name(random)]: hostile(random) };
    case 4:
      return Array.from({ length: random.below(4) }, () => hostile(random));
    case 5:
      return chain(random.below(300));
    case 6:
      return random.below(500) === 0 ? 'x'.repeat(random.below(LONGEST)) : 'x';
    default:
      return pickOf(STRINGS, random);
  }
}

function chain(depth: number): Json {
  let value: Json = 1;
  for (let n = 0; n < depth; n += 1) value = n % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Written as text: no JSON.stringify goes so deep. */
function nested(random: Random): Buffer {
  const depth = random.between(1000, DEEPEST);
  const [open, close] = random.below(2) === 0 ? ['[', ']'] : ['{"a":', '}'];
  const value = `${open.repeat(depth)}1${close.repeat(depth)}`;
  const where = pickOf(['"properties"', '"context"', '"event"', '"traits"', '"messageId"'], random);
  return Buffer.from(`{"type":"track","event":"Order Completed",${where}:${value}}`);
}

function pickOf<T>(from: readonly T[], random: Random): T {
  return from[random.below(from.length)] as T;
}
