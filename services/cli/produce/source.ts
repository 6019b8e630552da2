import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { UsageError } from '#config/errors.ts';
import type { ProduceOptions } from './flags.ts';
import type { TrafficCounts } from './generator.ts';
import { generateMessages, type MessageGenerator } from './generator.ts';

/** What a run sends. */
export interface MessageSource {
  readonly feed: Feed;
  /** Counts of what was generated; null when the messages come from a file. */
  readonly counts: TrafficCounts | null;
}

const STANDARD_INPUT = '-';
const READ_BYTES = 1 << 20;

/** @throws UsageError when the file cannot be read */
export async function openSource(options: ProduceOptions): Promise<MessageSource> {
  const { file, startMs } = options;
  if (file !== null) return { feed: await openFile(file), counts: null };
  const clock = (): number => startMs ?? Date.now();
  const generator = generateMessages({ ...options, startMs: clock() });
  return { feed: feedGenerated(generator, clock), counts: generator.counts };
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

/** An endless feed of generated messages. */
function feedGenerated(generator: MessageGenerator, clock: () => number): Feed {
  return { next: async (most) => generator.take(most, clock()) };
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

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The lines of a stream as bytes without line ends, in batches as they arrive; blank lines are
 * skipped. Bytes rather than text, so that a line that is not UTF-8 reaches Kafka unchanged.
 */
export async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let begun: Buffer[] = [];
  for await (const chunk of stream) {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      lines.push(Buffer.concat([...begun, chunk.subarray(start, end)]));
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
    const written = lines.map(trimEnd).filter(isWritten);
    if (written.length > 0) yield written;
  }
  const last = trimEnd(Buffer.concat(begun));
  if (isWritten(last)) yield [last];
}

function trimEnd(line: Buffer): Buffer {
  return line[line.length - 1] === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

function isWritten(line: Buffer): boolean {
  return line.some((byte) => byte !== 0x20 && byte !== 0x09);
}

/** `userId`, else `anonymousId`, of a Track event; null for any other line. */
export function keyOfLine(line: Buffer): string | null {
  try {
    const { userId, anonymousId } = JSON.parse(line.toString('utf8')) as Record<string, unknown>;
    const id = [userId, anonymousId].find((each) => typeof each === 'number' || isText(each));
    return id === undefined ? null : String(id);
  } catch {
    return null;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
