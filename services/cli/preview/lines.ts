import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { UsageError } from '#runtime/command.ts';

/** What a line is answered with: text that ends with a line break. */
export type Preview = (line: string) => string;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const READ_BYTES = 1 << 18;
const BYTE_ORDER_MARK = '\ufeff';

/** @throws UsageError when there is no such file */
export async function openInput(file: string | null): Promise<AsyncIterable<Buffer>> {
  if (file === null) return process.stdin;
  await access(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${file} (${error.code})`);
  });
  return createReadStream(file, { highWaterMark: READ_BYTES });
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
): Promise<void> {
  let rest: Buffer[] = [];
  for await (const chunk of input) {
    if (!chunk.includes(LINE_FEED)) {
      rest.push(chunk);
      continue;
    }
    const bytes = rest.length === 0 ? chunk : Buffer.concat([...rest, chunk]);
    const end = bytes.lastIndexOf(LINE_FEED);
    await write(output, answersTo(bytes, end, preview));
    rest = end === bytes.length - 1 ? [] : [bytes.subarray(end + 1)];
  }
  const last = Buffer.concat(rest);
  if (last.length > 0) await write(output, answersTo(last, last.length, preview));
}

/** Answers to the lines before `end`, where a line ends. */
function answersTo(bytes: Buffer, end: number, preview: Preview): string {
  let answers = '';
  for (let from = 0; from <= end; ) {
    const next = bytes.indexOf(LINE_FEED, from);
    const to = next === -1 ? end : next;
    const line = bytes.toString('utf8', from, bytes[to - 1] === CARRIAGE_RETURN ? to - 1 : to);
    answers += preview(line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line);
    from = to + 1;
  }
  return answers;
}

async function write(output: NodeJS.WritableStream, text: string): Promise<void> {
  if (!output.write(text)) await once(output, 'drain');
}
