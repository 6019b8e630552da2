import { TextDecoder } from 'node:util';
import { utf16Of } from '#config/text-encoding.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The bytes of a stream as they arrive, in pieces that end where a line ends, but for the last one.
 * @param longest in bytes: a longer line is not held in memory, and null stands for it
 */
export async function* wholeLines(
  input: AsyncIterable<Buffer>,
  longest = Number.POSITIVE_INFINITY,
): AsyncGenerator<Buffer | null> {
  let rest: Buffer[] = [];
  let held = 0;
  for await (const chunk of input) {
    const first = chunk.indexOf(LINE_FEED) + 1;
    const last = chunk.lastIndexOf(LINE_FEED) + 1;
    const isTooLong = held + (first === 0 ? chunk.length : first) > longest;
    if (first > 0) {
      if (!isTooLong) yield Buffer.concat([...rest, chunk.subarray(0, last)]);
      else yield null;
      if (isTooLong && last > first) yield chunk.subarray(first, last);
      held = 0;
    }
    if (first > 0 || isTooLong) rest = [];
    held += chunk.length - last;
    if (held <= longest && last < chunk.length) rest.push(chunk.subarray(last));
  }
  if (held > longest) yield null;
  else if (held > 0) yield Buffer.concat(rest);
}

/** The lines in a piece without their ends. */
export function* linesIn(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; ) {
    const next = bytes.indexOf(LINE_FEED, from);
    const to = next === -1 ? bytes.length : next;
    yield bytes.subarray(from, bytes[to - 1] === CARRIAGE_RETURN && to > from ? to - 1 : to);
    from = to + 1;
  }
}

/** A stream in UTF-8: one that begins with the byte order mark of UTF-16 is written in that. */
export async function* inUtf8(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let start: Buffer | null = Buffer.of();
  let decoder: TextDecoder | null = null;
  for await (const chunk of input) {
    const bytes: Buffer = start === null ? chunk : Buffer.concat([start, chunk]);
    if (start !== null) {
      start = bytes;
      if (bytes.length < 2) continue;
      const encoding = utf16Of(bytes);
      if (encoding !== null) decoder = new TextDecoder(encoding);
      start = null;
    }
    yield decoder === null ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }));
  }
  if (start !== null && start.length > 0) yield start;
  if (decoder !== null) yield Buffer.from(decoder.decode());
}
