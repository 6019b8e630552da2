import type { Random } from '#cli/produce/random.ts';
import type { WireHeader } from '#kafka/fetch/fetched-record.ts';
import { mutate } from './mutations.ts';

/** Everything that a producer decides about a message. */
export interface HostileMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly WireHeader[];
  /** Unix ms as Kafka has it: any 64 bits. */
  readonly timestamp: string;
}

const NAMES: readonly string[] = [
  'constructor',
  '__proto__',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'traceparent',
  '',
  '0',
  'a\u0000b',
  '\ufeff',
  '👩‍👩‍👧‍👦',
  'x'.repeat(5000),
];

const VALUES: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('value'),
  Buffer.from([0xff, 0xfe, 0x00, 0x0a]),
  Buffer.from(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`),
  Buffer.alloc(20_000, '-'),
];

const TIMESTAMPS: readonly string[] = [
  '-1',
  '0',
  '1',
  '8640000000000001',
  '253402300800000',
  '9223372036854774784',
];

const SHORT_NAMES = NAMES.slice(0, 8);

/** A message out of a good one, of which the value, the key, the headers or the time is hostile. */
export function hostileMessage(value: Buffer, random: Random, now: number): HostileMessage {
  return {
    key: keyOf(random),
    value: random.below(500) === 0 ? null : mutate(value, random),
    headers: headersOf(random),
    timestamp: random.below(4) === 0 ? pickOf(TIMESTAMPS, random) : String(now),
  };
}

function keyOf(random: Random): Buffer | null {
  return random.below(3) === 0 ? pickOf(VALUES, random) : null;
}

/** Few messages have headers, and very few have a great many. */
function headersOf(random: Random): WireHeader[] {
  if (random.below(3) > 0) return [];
  const many = random.below(5000) === 0;
  const count = many ? random.between(10_000, 50_000) : random.between(1, 6);
  return Array.from({ length: count }, (_, at) => ({
    key: many && random.below(2) === 0 ? `h${at}` : pickOf(many ? SHORT_NAMES : NAMES, random),
    value: many ? Buffer.alloc(2) : pickOf(VALUES, random),
  }));
}

function pickOf<T>(from: readonly T[], random: Random): T {
  return from[random.below(from.length)] as T;
}
