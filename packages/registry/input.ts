/** A message does not decode. The text has nothing of the message. */
export class Undecodable extends Error {}

/** What a message decodes to is larger than allowed. */
export class DecodesTooLarge extends Error {}

/** The usual limit of Protobuf. Source: protobuf.dev, `CodedInputStream.setRecursionLimit`. */
const MOST_LEVELS = 100;

const TOO_SHORT = 'it ends too early';

/** Bytes of a varint whose value a number holds exactly. */
const EXACT_BYTES = 7;
/** Bytes of a varint of 64 bits. */
const MOST_BYTES = 10;

/**
 * The bytes of a message while they are decoded. It bounds what they become, because a few bytes can stand
 * for gigabytes: a million nulls take none at all in Avro.
 */
export class Input {
  readonly bytes: Buffer;
  at: number;
  end: number;
  private left: number;
  private levels = 0;

  /** @param mostBytes of JSON that it may become, about */
  constructor(bytes: Buffer, at: number, mostBytes: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = bytes.length;
    this.left = mostBytes;
  }

  /** Counts what a value takes as JSON. */
  spend(bytes: number): void {
    this.left -= bytes;
    // Also where a count is no number.
    if (!(this.left >= 0)) throw new DecodesTooLarge();
  }

  enter(): void {
    this.levels += 1;
    if (this.levels > MOST_LEVELS) throw new Undecodable(`it is nested over ${MOST_LEVELS} levels`);
  }

  leave(): void {
    this.levels -= 1;
  }

  byte(): number {
    if (this.at >= this.end) throw new Undecodable(TOO_SHORT);
    const byte = this.bytes[this.at] as number;
    this.at += 1;
    return byte;
  }

  /** Where the next bytes start, once they have been passed. */
  skip(length: number): number {
    const { at } = this;
    if (!(length >= 0 && length <= this.end - at)) throw new Undecodable(TOO_SHORT);
    this.at = at + length;
    return at;
  }

  /** An unsigned number of up to 64 bits; a bigint where a number would not be exact. */
  varint(): number | bigint {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < EXACT_BYTES; count++) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    let large = BigInt(value);
    for (let count = EXACT_BYTES; count < MOST_BYTES; count++) {
      const byte = this.byte();
      large |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte < 0x80) return exact(BigInt.asUintN(64, large));
    }
    throw new Undecodable('a number has more than 64 bits');
  }

  /** A signed number in zigzag form, as Avro writes all and Protobuf some. */
  zigzag(): number | bigint {
    const value = this.varint();
    if (typeof value === 'number') return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    return exact((value >> 1n) ^ -(value & 1n));
  }

  /** A length or a count in zigzag form. */
  size(): number {
    return Number(this.zigzag());
  }

  text(length: number): string {
    this.spend(length + 2);
    const at = this.skip(length);
    return this.bytes.toString('utf8', at, at + length);
  }

  base64(length: number): string {
    this.spend((length * 4) / 3 + 2);
    const at = this.skip(length);
    return this.bytes.toString('base64', at, at + length);
  }

  /** As its shortest decimal form: 0.1 rather than 0.10000000149011612. */
  float(): number | null {
    this.spend(2);
    const value = this.bytes.readFloatLE(this.skip(4));
    for (let digits = 6; digits < 9; digits++) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === value) return short;
    }
    return jsonNumber(value);
  }

  double(): number | null {
    this.spend(2);
    return jsonNumber(this.bytes.readDoubleLE(this.skip(8)));
  }
}

/** A number where it is exact, and a bigint otherwise. */
export function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** An integer as JSON has it: a text where a number would not be exact. */
export function jsonInteger(value: number | bigint): number | string {
  return typeof value === 'number' ? value : value.toString();
}

/** JSON has neither NaN nor infinity. */
function jsonNumber(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Sets a member of its own, whatever its name. */
export function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') {
    object[name] = value;
    return;
  }
  Object.defineProperty(object, name, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}
