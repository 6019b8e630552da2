import { leaseKeys } from '../keys.ts';
import { RENEW } from '../lua/leases.ts';
import { UnexpectedReply } from '../lua/reply.ts';
import { runScript } from '../lua/scripts.ts';
import type { RedisWork } from '../redis-fault.ts';
import type { Store } from '../store.ts';

/** The hold of this process on one envelope. */
export type EnvelopeLease = ReturnType<Leases['hold']>;

/** An envelope as it was fetched. */
interface FetchedEnvelope {
  readonly pixelId: string;
  readonly id: string;
  readonly token: string;
  /** How often it was fetched, this time included. */
  readonly starts: number;
  /** How often a worker vanished while it held the envelope. */
  readonly stalls: number;
  /** Before it was asked for, on the clock of `performance.now()`. */
  readonly askedAt: number;
}

interface LeasesOptions {
  readonly lockMs: number;
  readonly work: RedisWork;
  /** An envelope went to another worker, because this process was too slow to renew its hold. */
  readonly onLost: (pixelId: string) => void;
}

/**
 * A hold is renewed when this part of its time is over: several renewals may fail or come late before
 * another worker takes the envelope.
 */
const RENEW_AFTER = 1 / 6;

/** For this part of its time a hold is taken for certain; what follows is for clocks and networks. */
const CERTAIN_FOR = 1 / 2;

/** Envelopes of one command: about a millisecond of Redis. */
const CHUNK = 250;

/**
 * The holds of one process on envelopes of all its pixels. BullMQ renews those of each queue with a
 * timer and a command of its own, which a thousand queues make too late and too many; and it does
 * not report in time that a lease was lost.
 */
export class Leases {
  private readonly held = new Map<string, Held>();
  private pending: { held: Held; answer: (ours: boolean) => void }[] = [];
  private readonly timer: NodeJS.Timeout;
  private readonly store: Store;
  private readonly options: LeasesOptions;

  /** @param store with a connection whose commands answer or fail */
  constructor(store: Store, options: LeasesOptions) {
    this.store = store;
    this.options = options;
    const everyMs = options.lockMs * RENEW_AFTER;
    this.timer = setInterval(() => void this.renewDue(), everyMs).unref();
  }

  hold(fetched: FetchedEnvelope) {
    const key = `${fetched.pixelId} ${fetched.id}`;
    const before = this.held.get(key);
    // The process that fetches it has the lock: what this process held before is lost.
    if (before !== undefined) this.lose(before);
    const held = new Held(fetched, before?.ended ?? null);
    this.held.set(key, held);
    return {
      /** Resolves when this process has ended what it did with the envelope under an earlier hold. */
      predecessor: held.predecessor,
      /** True while no other worker can have the envelope: it was renewed lately. Sends no command. */
      fresh: () => held.isFresh(performance.now() - this.options.lockMs * CERTAIN_FOR),
      /**
       * Asks Redis whether the envelope is still ours, and renews the hold. Tries until Redis answers;
       * what is asked at once is asked in one command.
       */
      confirm: () => this.confirm(held),
      /** The envelope was settled, or is no longer ours. */
      release: (): void => {
        held.end();
        if (this.held.get(key) === held) this.held.delete(key);
      },
    };
  }

  /** Renews nothing any more. */
  close(): void {
    clearInterval(this.timer);
  }

  private confirm(held: Held): Promise<boolean> {
    if (held.lost) return Promise.resolve(false);
    return new Promise((answer) => {
      this.pending.push({ held, answer });
      if (this.pending.length === 1) setImmediate(() => void this.answerAll());
    });
  }

  private async answerAll(): Promise<void> {
    const asked = this.pending;
    this.pending = [];
    const unanswered = [...new Set(asked.map(({ held }) => held))];
    await this.options.work.retryUntilDone('hold', () =>
      this.renew(unanswered.filter(({ lost }) => !lost)),
    );
    for (const { held, answer } of asked) answer(!held.lost);
  }

  private async renewDue(): Promise<void> {
    const before = performance.now() - this.options.lockMs * RENEW_AFTER * 0.9;
    const due = [...this.held.values()].filter(({ renewedAt }) => renewedAt < before);
    const { work } = this.options;
    // What is no longer held need not be renewed.
    if (this.held.size === 0) work.succeeded('hold');
    // Its failure is noted, and what is due then is tried again in time.
    if (due.length > 0) await work.attempt('hold', () => this.renew(due)).catch(() => undefined);
  }

  private async renew(due: readonly Held[]): Promise<void> {
    const chunks: (readonly Held[])[] = [];
    for (let at = 0; at < due.length; at += CHUNK) chunks.push(due.slice(at, at + CHUNK));
    await Promise.all(chunks.map((chunk) => this.renewChunk(chunk)));
  }

  private async renewChunk(chunk: readonly Held[]): Promise<void> {
    const { redis, keys } = this.store;
    const fetched = chunk.map((held) => held.fetched);
    const args = fetched.flatMap(({ id, token, starts, stalls }) => [id, token, starts, stalls]);
    const askedAt = performance.now();
    const answers = await runScript(redis, RENEW, {
      keys: fetched.flatMap(({ pixelId, id }) => leaseKeys(keys, pixelId, id)),
      args: [this.options.lockMs, ...args],
    });
    if (answers.length !== chunk.length) throw new UnexpectedReply(RENEW.name, answers);
    chunk.forEach((held, index) => {
      if (answers[index] === 1) held.renewedAt = Math.max(held.renewedAt, askedAt);
      else this.lose(held);
    });
  }

  private lose(held: Held): void {
    const { pixelId, id } = held.fetched;
    const key = `${pixelId} ${id}`;
    if (this.held.get(key) === held) this.held.delete(key);
    if (held.lost || held.over) return;
    held.lost = true;
    this.options.onLost(pixelId);
  }
}

class Held {
  readonly fetched: FetchedEnvelope;
  readonly predecessor: Promise<void> | null;
  readonly ended: Promise<void>;
  renewedAt: number;
  lost = false;
  over = false;
  private finish: () => void = () => {};

  constructor(fetched: FetchedEnvelope, predecessor: Promise<void> | null) {
    this.fetched = fetched;
    this.predecessor = predecessor;
    this.renewedAt = fetched.askedAt;
    this.ended = new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  isFresh(since: number): boolean {
    return !this.lost && this.renewedAt > since;
  }

  end(): void {
    this.over = true;
    this.finish();
  }
}
