import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { UsageError } from '#config/errors.ts';
import { linesIn, wholeLines } from '../lines.ts';
import type { ProduceOptions } from './flags.ts';
import { generateMessages } from './generator.ts';

export type MessageSource = Awaited<ReturnType<typeof openSource>>;

const STANDARD_INPUT = '-';
const READ_BYTES = 1 << 20;

/**
 * What a run sends, and counts of what was generated; null when the messages come from a file.
 * @throws UsageError when the file cannot be read
 */
export async function openSource(options: ProduceOptions) {
  const { file, startMs } = options;
  if (file !== null) return { feed: await openFile(file), counts: null };
  const clock = (): number => startMs ?? Date.now();
  const generator = generateMessages({ ...options, startMs: clock() });
  const feed: Feed = { next: async (most) => generator.take(most, clock()) };
  return { feed, counts: generator.counts };
}

async function openFile(path: string): Promise<Feed> {
  if (path === STANDARD_INPUT) return feedLines(readLines(process.stdin));
  await access(path).catch(() => {
    throw new UsageError(`--file ${path}: the file does not exist, or cannot be read`);
  });
  return feedLines(readLines(createReadStream(path, { highWaterMark: READ_BYTES })));
}

/** A message on its way to Kafka. */
export interface Outgoing {
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers?: Record<string, string>;
}

/** Where messages come from. */
export interface Feed {
  /** The next messages: at least one and at most `most`; none at the end. */
  next(most: number): Promise<readonly Outgoing[]>;
}

/** One message per line, unchanged. */
export function feedLines(lines: AsyncIterator<readonly Buffer[]>): Feed {
  let waiting: readonly Buffer[] = [];
  return {
    async next(most) {
      if (waiting.length === 0) waiting = (await lines.next()).value ?? [];
      const taken = waiting.slice(0, most);
      waiting = waiting.slice(most);
      return taken.map((value) => ({ key: keyOfLine(value), value }));
    },
  };
}

/**
 * The lines of a stream as bytes without line ends, in batches as they arrive; blank lines are
 * skipped. Bytes rather than text, so that a line that is not UTF-8 reaches Kafka unchanged.
 */
export async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  for await (const bytes of wholeLines(stream)) {
    const lines = [...linesIn(bytes ?? Buffer.of())].filter((line) =>
      line.some((byte) => byte !== 0x20 && byte !== 0x09),
    );
    if (lines.length > 0) yield lines;
  }
}

/** `userId`, else `anonymousId`, of a Track event; null for any other line. */
export function keyOfLine(line: Buffer): string | null {
  try {
    const { userId, anonymousId } = JSON.parse(line.toString('utf8')) as Record<string, unknown>;
    const id = [userId, anonymousId].find(
      (each) => typeof each === 'number' || (typeof each === 'string' && each !== ''),
    );
    return id === undefined ? null : String(id);
  } catch {
    return null;
  }
}
