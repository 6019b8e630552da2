/**
 * Reads Kafka's primitive types from bytes, one after the other.
 * Source: kafka.apache.org/protocol, "Protocol Primitive Types".
 *
 * Every method throws a RangeError where the bytes end before the value does.
 */
export class ByteReader {
  offset = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  int8(): number {
    this.offset += 1;
    return this.bytes.readInt8(this.offset - 1);
  }

  int16(): number {
    this.offset += 2;
    return this.bytes.readInt16BE(this.offset - 2);
  }

  int32(): number {
    this.offset += 4;
    return this.bytes.readInt32BE(this.offset - 4);
  }

  /** Exact up to 2^53, which neither offsets nor times reach. */
  int64(): number {
    return Number(this.int64Exact());
  }

  /** For ids, which use all of their bits. */
  int64Exact(): bigint {
    this.offset += 8;
    return this.bytes.readBigInt64BE(this.offset - 8);
  }

  /** A signed number of variable length, at most 64 bits long. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let read = 0; read < 10; read += 1) {
      const byte = this.bytes.readUInt8(this.offset);
      this.offset += 1;
      value += (byte & 0x7f) * scale;
      // Zigzag: the lowest bit is the sign.
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw new RangeError('a number is longer than 10 bytes');
  }

  /** Without copying them. */
  slice(length: number): Buffer {
    const end = this.offset + length;
    if (!(length >= 0 && end <= this.bytes.length)) {
      const left = this.bytes.length - this.offset;
      throw new RangeError(`${length} bytes announced, ${left} left`);
    }
    const slice = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return slice;
  }

  /** Bytes whose length, of variable length itself, comes first; −1 stands for none at all. */
  varintBytes(): Buffer | null {
    const length = this.varint();
    return length === -1 ? null : this.slice(length);
  }

  string(): string {
    return this.slice(this.int16()).toString('utf8');
  }

  /** Elements whose number comes first; −1 stands for none at all. */
  array<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let left = this.int32(); left > 0; left -= 1) items.push(read());
    return items;
  }
}
