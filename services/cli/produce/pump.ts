import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Feed, Outgoing } from './feed.ts';

export interface PumpLimits {
  /** Messages; null for as many as there are. */
  readonly count: number | null;
  readonly durationMs: number | null;
  /** Messages a second; null for as fast as they are taken. */
  readonly rate: number | null;
}

/** Messages handed over at once: a fraction of what Kafka takes in one request by default. */
const MOST_AT_ONCE = 400;
/** Between two sends at a slow rate, so that a send is worth its request. */
const SHORTEST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 200;

export interface PumpControls {
  /** Ends the run in order. */
  readonly signal: AbortSignal;
  /** Unix ms. */
  readonly clock: () => number;
  /** Told after each send how many there were in all. */
  readonly sent: (total: number) => void;
}

/**
 * Moves messages from a feed to wherever `send` puts them, until a limit, the end of the feed or
 * the signal. While some are being sent, the next are made.
 *
 * @throws whatever `send` throws
 */
export async function pump(
  feed: Feed,
  send: (messages: readonly Outgoing[]) => Promise<void>,
  limits: PumpLimits,
  { signal, clock, sent }: PumpControls,
): Promise<void> {
  const started = clock();
  let taken = 0;
  let done = 0;
  let sending = Promise.resolve();
  const sendAll = async (messages: readonly Outgoing[]): Promise<void> => {
    await send(messages);
    done += messages.length;
    sent(done);
  };
  const stopped = once(signal, 'abort').then((): readonly Outgoing[] => []);
  while (!signal.aborted) {
    const elapsed = clock() - started;
    const left = (limits.count ?? Number.POSITIVE_INFINITY) - taken;
    if (left <= 0 || elapsed >= (limits.durationMs ?? Number.POSITIVE_INFINITY)) break;
    const due = dueBy(elapsed, limits.rate) - taken;
    if (due < 1) {
      const pause = sleep(waitFor(due, limits.rate), undefined, { signal }).catch(() => undefined);
      await Promise.all([pause, sending]);
      continue;
    }
    const next = feed.next(Math.min(left, due, MOST_AT_ONCE));
    const [messages] = await Promise.all([Promise.race([next, stopped]), sending]);
    if (messages.length === 0) break;
    taken += messages.length;
    sending = sendAll(messages);
  }
  await sending;
}

/** How many messages the rate allows within this time; the first one is due at once. */
function dueBy(elapsedMs: number, rate: number | null): number {
  return rate === null ? Number.POSITIVE_INFINITY : Math.floor((elapsedMs * rate) / 1000) + 1;
}

/** Until the next message is due; longer where that is hardly any time. */
function waitFor(due: number, rate: number | null): number {
  const ms = ((1 - due) * 1000) / (rate ?? 1);
  return Math.min(Math.max(ms, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
}
