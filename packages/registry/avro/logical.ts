import { decimalOf, MOST_DECIMAL_BYTES } from '../decimal.ts';
import { type Input, jsonInteger } from '../input.ts';

type Read = (input: Input) => unknown;

/** The parts of a schema that logical types are made of. */
export type LogicalSchema = Readonly<Record<string, unknown>>;

const DAY_MS = 86_400_000;

/** Parts of a second, by how their logical types end. */
const PARTS: Readonly<Record<string, number>> = { millis: 1000, micros: 1_000_000, nanos: 1e9 };

/**
 * Reads an integer as the time that its logical type says it is; null for another type. Times are texts of
 * ISO 8601, as Segment writes them.
 * Source: avro.apache.org/docs/1.12.0/specification, "Logical Types".
 */
export function readTime({ logicalType }: LogicalSchema): Read | null {
  if (logicalType === 'date') return (input) => dateOf(input.zigzag());
  const [, kind, unit = ''] =
    /^(timestamp|local-timestamp|time)-(millis|micros|nanos)$/.exec(String(logicalType)) ?? [];
  const parts = PARTS[unit];
  if (kind === undefined || parts === undefined) return null;
  const zone = kind === 'timestamp' ? 'Z' : '';
  return (input) => {
    const value = input.zigzag();
    const text = timeText(value, parts);
    input.spend(30);
    if (text === null) return jsonInteger(value);
    return kind === 'time' ? text.slice('1970-01-01T'.length) : text + zone;
  };
}

/** Without its zone; null where there is no such year. */
function timeText(value: number | bigint, parts: number): string | null {
  const [all, a] = [BigInt(value), BigInt(parts)];
  const within = ((all % a) + a) % a;
  const seconds = Number((all - within) / a);
  const places = String(parts).length - 1;
  return isoText(seconds, String(within).padStart(places, '0'));
}

/** A time without its zone, with at least milliseconds; null where `Date` has none such. */
export function isoText(seconds: number, fraction: string): string | null {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return null;
  const whole = date.toISOString().slice(0, -'.000Z'.length);
  const shown =
    fraction.length > 3 && /^0+$/.test(fraction.slice(3)) ? fraction.slice(0, 3) : fraction;
  return `${whole}.${shown}`;
}

function dateOf(days: number | bigint): string | number {
  const date = new Date(Number(days) * DAY_MS);
  return Number.isNaN(date.getTime())
    ? Number(days)
    : date.toISOString().slice(0, -'T00:00:00.000Z'.length);
}

/** Reads bytes as what their logical type says; null for another type. `length` asks for how many. */
export function readLogicalBytes(
  { logicalType, scale = 0 }: LogicalSchema,
  length: (input: Input) => number,
): Read | null {
  if (logicalType === 'decimal') {
    return (input) => {
      const size = length(input);
      const at = input.at;
      const otherwise = input.base64(size);
      if (size > MOST_DECIMAL_BYTES) return otherwise;
      return decimalOf(input.bytes.subarray(at, at + size), Number(scale)) ?? otherwise;
    };
  }
  if (logicalType !== 'uuid') return null;
  return (input) => {
    const size = length(input);
    const at = input.at;
    const otherwise = input.base64(size);
    return size === 16 ? uuidOf(input.bytes.subarray(at, at + size)) : otherwise;
  };
}

/** The usual form of 16 bytes. */
export function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
