import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { UsageError } from '#config/errors.ts';
import { inUtf8, linesIn, wholeLines } from '../lines.ts';
import { print } from '../output/print.ts';

/**
 * Renders a line as text that ends with a line break. Null stands for a line that is
 * too long to be an event.
 */
export type Preview = (line: string | null) => string;

/** In bytes: a line beyond it is not held in memory. */
export const LONGEST_LINE = 64 * 1024 * 1024;

const READ_BYTES = 1 << 18;
const BYTE_ORDER_MARK = '\ufeff';

/** @throws UsageError when there is no such file */
export async function openInput(file: string | null): Promise<AsyncIterable<Buffer>> {
  if (file === null) return inUtf8(process.stdin);
  const stats = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${file} (${error.code})`);
  });
  if (stats.isDirectory()) throw new UsageError(`${file} is a folder: name a file of JSON lines`);
  return inUtf8(readable(file));
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
  output: Writable,
  longest = LONGEST_LINE,
): Promise<void> {
  for await (const lines of wholeLines(input, longest)) {
    await print(lines === null ? preview(null) : answersTo(lines, preview), output);
  }
}

function answersTo(bytes: Buffer, preview: Preview): string {
  let answers = '';
  for (const line of linesIn(bytes)) {
    const text = line.toString('utf8');
    answers += preview(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  }
  return answers;
}
