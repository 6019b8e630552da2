import type { Consumer } from '#kafka/client.ts';

/**
 * Pauses and resumes the fetching of a consumer. kafkajs forgets what is paused whenever it restarts
 * after a failure, and refuses the call while it does not run. The gate remembers, and is applied again
 * when the group has been joined.
 */
export class FetchGate {
  private closed = false;
  private readonly consumer: Pick<Consumer, 'pause' | 'resume'>;
  private readonly topics: { topic: string }[];
  private halted: { topic: string; partitions: number[] }[] = [];

  constructor(consumer: Pick<Consumer, 'pause' | 'resume'>, topics: readonly string[]) {
    this.consumer = consumer;
    this.topics = topics.map((topic) => ({ topic }));
  }

  close(): void {
    this.closed = true;
    this.apply();
  }

  open(): void {
    this.closed = false;
    this.apply();
  }

  /** Pauses these partitions, and no others, while the gate is open. */
  halt(partitions: readonly { readonly topic: string; readonly partition: number }[]): void {
    this.halted = partitions.map(({ topic, partition }) => ({ topic, partitions: [partition] }));
    this.apply();
  }

  /** Tells the consumer what is paused; also to be called when the group has been joined. */
  apply(): void {
    ifRunning(() => {
      if (this.closed) return this.consumer.pause(this.topics);
      this.consumer.resume(this.topics);
      if (this.halted.length > 0) this.consumer.pause(this.halted);
    });
  }
}

/** Ignores the refusal of a consumer that does not run: it is told again once it has joined. */
export function ifRunning(call: () => void): void {
  try {
    call();
  } catch {
    // Applied again at the next join.
  }
}
