import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { repliesOf } from '../connection.ts';
import type { Store } from '../store.ts';
import { parseJson } from '../stored-value.ts';

/*
 * What workers do, for people who run `tail`. It sets a key that expires; workers ask for it, and write only
 * while it is there: into a stream that is cut and expires, with commands that a worker needs anyway. Lines
 * hold counts, ids of Meta's and ages, and nothing of an event.
 */

const batch = z.object({
  kind: z.literal('batch'),
  /** Unix ms, by the worker's clock. */
  at: z.number(),
  pixel: z.string(),
  events: z.number(),
  /** What released it. */
  trigger: z.string(),
});

const answer = z.object({
  kind: z.literal('answer'),
  at: z.number(),
  pixel: z.string(),
  events: z.number(),
  outcome: z.string(),
  /** The HTTP status; null where no answer came. */
  status: z.number().nullable(),
  /** Such as `timeout`, where no answer came. */
  cause: z.string().nullable(),
  /** Meta's error code and subcode, and the id by which its support finds the request. */
  code: z.number().nullable(),
  subcode: z.number().nullable(),
  traceId: z.string().nullable(),
  /** How long the request took. */
  ms: z.number(),
  /** Seconds since the Kafka timestamps of the oldest and the newest event; null without any. */
  oldest: z.number().nullable(),
  newest: z.number().nullable(),
});

/** Lines that a worker had no room for. */
const dropped = z.object({
  kind: z.literal('dropped'),
  at: z.number(),
  pixel: z.null(),
  lines: z.number(),
});

const line = z.discriminatedUnion('kind', [batch, answer, dropped]);

export type TailLine = z.infer<typeof line>;
export type AnswerLine = z.infer<typeof answer>;
export type BatchLine = z.infer<typeof batch>;

/** How often a worker asks whether `tail` runs, and how often it writes while it does, in ms. */
const ASK_EVERY_MS = 1000;
const WRITE_EVERY_MS = 200;

/** Lines between two writes; more of them are counted only. */
const MOST_WAITING = 200;

/** Lines of all workers that the stream holds, about; and how long it stays after the last, in ms. */
const MOST_KEPT = 2000;
const KEPT_MS = 60_000;

/** The field of an entry. */
const FIELD = 'line';

/** The worker's side. Nothing that it does fails or holds a request up. */
export class TailWriter {
  /** Whether `tail` runs: where not, no line need be made. */
  watched = false;
  private waiting: string[] = [];
  private left = 0;
  private readonly ended = new AbortController();
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  start(): void {
    void this.run();
  }

  note(made: TailLine): void {
    if (!this.watched) return;
    if (this.waiting.length < MOST_WAITING) this.waiting.push(JSON.stringify(made));
    else this.left += 1;
  }

  close(): void {
    this.ended.abort();
  }

  private async run(): Promise<void> {
    const { signal } = this.ended;
    while (!signal.aborted) {
      this.watched = await this.exchange().catch(() => false);
      const ms = this.watched ? WRITE_EVERY_MS : ASK_EVERY_MS;
      await sleep(ms, undefined, { signal, ref: false }).catch(() => {});
    }
    this.watched = false;
  }

  /** Writes what waits, and asks whether `tail` runs. */
  private async exchange(): Promise<boolean> {
    const { redis, keys } = this.store;
    const [lines, { left }] = [this.waiting, this];
    [this.waiting, this.left] = [[], 0];
    if (left > 0) {
      const lost: TailLine = { kind: 'dropped', at: Date.now(), pixel: null, lines: left };
      lines.push(JSON.stringify(lost));
    }
    if (lines.length === 0) return (await redis.get(keys.tailed)) !== null;
    // At once: a worker that ends in between would leave a stream that never expires.
    const step = redis.multi().get(keys.tailed);
    for (const text of lines) step.xadd(keys.tail, 'MAXLEN', '~', MOST_KEPT, '*', FIELD, text);
    step.pexpire(keys.tail, KEPT_MS);
    const [reply] = await repliesOf(step);
    return reply !== null;
  }
}

/** How long workers write after the last sign of `tail`, and how often it gives one, in ms. */
const WATCHED_MS = 10_000;
const SIGN_EVERY_MS = 3000;

/** Between two reads of the stream, in ms, and the most entries of one. */
const READ_EVERY_MS = 200;
const MOST_AT_ONCE = 1000;

/**
 * What workers do from now on, in the order in which Redis got it: some lines at a time, and an empty list
 * where there was nothing.
 * @param signal ends it
 */
export async function* readTail(
  { redis, keys }: Store,
  signal: AbortSignal,
): AsyncGenerator<readonly TailLine[]> {
  const read = (from: string, count: number) =>
    redis.xrevrange(keys.tail, '+', from, 'COUNT', count);
  let last = (await read('-', 1))[0]?.[0] ?? '-';
  let signedAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    if (performance.now() - signedAt > SIGN_EVERY_MS) {
      await redis.set(keys.tailed, '1', 'PX', WATCHED_MS);
      signedAt = performance.now();
    }
    const entries = (await read(last, MOST_AT_ONCE)).toReversed();
    const lines = entries.flatMap(([id, fields]) => (id === last ? [] : parsed(fields)));
    last = entries.at(-1)?.[0] ?? last;
    yield lines;
    await sleep(READ_EVERY_MS, undefined, { signal }).catch(() => {});
  }
}

/** Nothing for what a later release writes, or is damaged. */
function parsed(fields: readonly string[]): TailLine[] {
  const result = line.safeParse(parseJson(fields[1] ?? ''));
  return result.success ? [result.data] : [];
}
