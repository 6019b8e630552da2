import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { UsageError } from '#config/errors.ts';

/**
 * Renders a line as text that ends with a line break. Null stands for a line that is
 * too long to be an event.
 */
export type Preview = (line: string | null) => string;

/** In bytes: a line beyond it is not held in memory. */
export const LONGEST_LINE = 64 * 1024 * 1024;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const READ_BYTES = 1 << 18;
const BYTE_ORDER_MARK = '\ufeff';

/** @throws UsageError when there is no such file */
export async function openInput(file: string | null): Promise<AsyncIterable<Buffer>> {
  if (file === null) return process.stdin;
  const stats = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${file} (${error.code})`);
  });
  if (stats.isDirectory()) throw new UsageError(`${file} is a folder: name a file of JSON lines`);
  return readable(file);
}

/** The bytes of a file; what goes wrong while reading names it. */
async function* readable(file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`cannot read ${file} (${code ?? 'unknown error'})`);
  }
}

/**
 * Answers each line in order, as much at once as arrived at once. A last line needs no line break.
 *
 * Each line becomes a string of its own: one letter beyond Latin-1 makes a whole string twice as
 * wide, and slow to parse.
 */
export async function answerLines(
  input: AsyncIterable<Buffer>,
  preview: Preview,
  output: NodeJS.WritableStream,
  longest = LONGEST_LINE,
): Promise<void> {
  for await (const lines of wholeLines(input, longest)) {
    await write(output, lines === null ? preview(null) : answersTo(lines, preview));
  }
}

/** Bytes that end where a line ends, but for the last ones; null for a line that is too long. */
async function* wholeLines(
  input: AsyncIterable<Buffer>,
  longest: number,
): AsyncGenerator<Buffer | null> {
  let rest: Buffer[] = [];
  let held = 0;
  for await (const chunk of input) {
    const first = chunk.indexOf(LINE_FEED) + 1;
    const last = chunk.lastIndexOf(LINE_FEED) + 1;
    const isTooLong = held + (first === 0 ? chunk.length : first) > longest;
    if (first > 0) {
      if (isTooLong) yield null;
      else yield Buffer.concat([...rest, chunk.subarray(0, first)]);
      if (last > first) yield chunk.subarray(first, last);
      rest = [];
      held = 0;
    } else if (isTooLong) {
      rest = [];
    }
    held += chunk.length - last;
    if (held <= longest && last < chunk.length) rest.push(chunk.subarray(last));
  }
  if (held > longest) yield null;
  else if (held > 0) yield Buffer.concat(rest);
}

function answersTo(bytes: Buffer, preview: Preview): string {
  let answers = '';
  for (let from = 0; from < bytes.length; ) {
    const next = bytes.indexOf(LINE_FEED, from);
    const to = next === -1 ? bytes.length : next;
    const end = bytes[to - 1] === CARRIAGE_RETURN && to > from ? to - 1 : to;
    const line = bytes.toString('utf8', from, end);
    answers += preview(line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line);
    from = to + 1;
  }
  return answers;
}

async function write(output: NodeJS.WritableStream, text: string): Promise<void> {
  if (!output.write(text)) await once(output, 'drain');
}
