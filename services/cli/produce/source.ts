import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { UsageError } from '#config/errors.ts';
import { type Feed, feedGenerated, feedLines } from './feed.ts';
import type { ProduceOptions } from './flags.ts';
import { generateMessages } from './generator.ts';
import { readLines } from './lines.ts';
import type { Tally } from './tally.ts';

/** What a run sends. */
export interface Source {
  readonly feed: Feed;
  /** What the generator made; null where the messages come from a file. */
  readonly tally: Tally | null;
}

const STANDARD_INPUT = '-';
const READ_BYTES = 1 << 20;

/** @throws UsageError when the file cannot be read */
export async function openSource(options: ProduceOptions): Promise<Source> {
  const { file, startMs } = options;
  if (file !== null) return { feed: await openFile(file), tally: null };
  const clock = (): number => startMs ?? Date.now();
  const generator = generateMessages({ ...options, startMs: clock() });
  return { feed: feedGenerated(generator, clock), tally: generator.tally };
}

async function openFile(path: string): Promise<Feed> {
  if (path === STANDARD_INPUT) return feedLines(readLines(process.stdin));
  await access(path).catch(() => {
    throw new UsageError(`--file ${path}: there is no such file, or it may not be read`);
  });
  return feedLines(readLines(createReadStream(path, { highWaterMark: READ_BYTES })));
}
