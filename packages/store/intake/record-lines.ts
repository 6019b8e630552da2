const LINE_FEED = 0x0a;
const FIRST_BYTES = 16 * 1024;

/** No character of a JavaScript string takes more bytes of UTF-8 for each of its units. */
const BYTES_A_UNIT = 3;

/**
 * Records on their way into an envelope, as bytes.
 *
 * Each is encoded as it comes. Joining them first would be simpler, and several times slower: one
 * character beyond Latin-1 in one record makes the whole joined string two bytes wide.
 */
export class RecordLines {
  count = 0;
  private buffer: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private length = 0;

  /** Records that are bytes already. */
  static of(lines: readonly Buffer[]): RecordLines {
    const made = new RecordLines();
    for (const line of lines) made.add(line);
    return made;
  }

  /** How many bytes they have together. */
  get byteLength(): number {
    return this.length;
  }

  add(line: string | Buffer): void {
    this.reserve(line.length * BYTES_A_UNIT + 1);
    if (this.count > 0) this.buffer[this.length++] = LINE_FEED;
    this.length +=
      typeof line === 'string'
        ? this.buffer.write(line, this.length)
        : line.copy(this.buffer, this.length);
    this.count += 1;
  }

  /** All of them with line breaks in between; a view that the next `add` may make stale. */
  bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
