import { setTimeout as sleep } from 'node:timers/promises';
import { generateMessages } from '#cli/produce/generator.ts';
import type { Fleet } from '#test/support/fleet.ts';

export interface LoadOptions {
  readonly seed: string;
  /** Share of bad messages, 0 to 1. */
  readonly badShare: number;
  /** Name of the Track events that Meta refuses one by one; none where it is not given. */
  readonly refuse?: string;
  /** Messages of one sending, and the rest after it in ms. */
  readonly chunk: number;
  readonly everyMs: number;
}

/** Shops that never close: traffic that goes on until it is told to stop. */
export class Load {
  /** Ids of the events that must be delivered; only of those that Kafka has. */
  readonly good = new Set<string>();
  /** Ids of the events that must become dead letters. */
  readonly refused = new Set<string>();
  sent = 0;
  private stopping = false;
  private running: Promise<void> | null = null;
  private readonly fleet: Fleet;
  private readonly options: LoadOptions;

  constructor(fleet: Fleet, options: LoadOptions) {
    this.fleet = fleet;
    this.options = options;
  }

  start(): void {
    this.running = this.run(Number.POSITIVE_INFINITY);
  }

  /** Sends messages as fast as Kafka takes them. */
  async send(messages: number): Promise<void> {
    this.stopping = false;
    await this.run(messages);
  }

  /** Resolves when Kafka has everything that was begun. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private async run(messages: number): Promise<void> {
    const { seed, badShare, chunk, everyMs } = this.options;
    const generator = generateMessages({
      seed: `${seed}-${this.sent}`,
      startMs: Date.now(),
      sources: this.fleet.sources,
      badShare,
    });
    for (let left = messages; left > 0 && !this.stopping; left -= chunk) {
      const next = generator.take(Math.min(chunk, left), Date.now());
      for (const { kind, value } of next) {
        if (kind !== 'good') continue;
        const { messageId, event } = JSON.parse(value.toString()) as Known;
        (event === this.options.refuse ? this.refused : this.good).add(messageId);
      }
      await this.insist(next);
      this.sent += next.length;
      await sleep(everyMs);
    }
  }

  /** Kafka may be away; what it took of a failed sending it then has twice, as the audit sees. */
  private async insist(messages: readonly { key: string; value: Buffer }[]): Promise<void> {
    for (;;) {
      try {
        return await this.fleet.send(messages);
      } catch {
        await sleep(200);
      }
    }
  }
}

interface Known {
  readonly messageId: string;
  readonly event: string;
}
