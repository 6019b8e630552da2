import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProduceOptions } from './flags.ts';
import type { Feed, Outgoing } from './source.ts';

export type PumpLimits = Pick<ProduceOptions, 'count' | 'durationMs' | 'rate'>;

/** Messages per send: a fraction of what Kafka accepts in one request by default. */
const MOST_AT_ONCE = 400;
/** Between two sends at a slow rate, so that each request is worth its cost. */
const SHORTEST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 200;

interface PumpControls {
  /** Ends the run gracefully. */
  readonly signal: AbortSignal;
  /** Unix ms. */
  readonly clock: () => number;
  /** Called after each send with the total. */
  readonly sent: (total: number) => void;
}

/**
 * Sends the messages of a feed until a limit, the end of the feed or the signal. The next messages
 * are generated while the last ones are being sent.
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

/** How many messages the rate allows within this time; the first one is due immediately. */
function dueBy(elapsedMs: number, rate: number | null): number {
  return rate === null ? Number.POSITIVE_INFINITY : Math.floor((elapsedMs * rate) / 1000) + 1;
}

/** Time until the next message is due, within bounds. */
function waitFor(due: number, rate: number | null): number {
  const ms = ((1 - due) * 1000) / (rate ?? 1);
  return Math.min(Math.max(ms, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
}
