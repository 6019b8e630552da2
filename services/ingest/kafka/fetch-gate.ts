import type { Consumer } from '#kafka/client.ts';

/**
 * Holds the fetching of a consumer back, or lets it flow. kafkajs forgets what is paused whenever it
 * begins anew after a failure, and refuses to be told while it does not run: the gate remembers, and
 * is set again when the group has been joined.
 */
export class FetchGate {
  private closed = false;
  private readonly consumer: Pick<Consumer, 'pause' | 'resume'>;
  private readonly topics: { topic: string }[];
  private readonly halted = new Map<string, { topic: string; partitions: number[] }>();

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

  /** Holds one partition back, whatever the others do. */
  halt(topic: string, partition: number): void {
    this.halted.set(`${topic}/${partition}`, { topic, partitions: [partition] });
    this.apply();
  }

  release(topic: string, partition: number): void {
    this.halted.delete(`${topic}/${partition}`);
    this.apply();
  }

  releaseAll(): void {
    this.halted.clear();
  }

  /** To be called when the group has been joined, too. */
  apply(): void {
    ifRunning(() => {
      if (this.closed) return this.consumer.pause(this.topics);
      this.consumer.resume(this.topics);
      if (this.halted.size > 0) this.consumer.pause([...this.halted.values()]);
    });
  }
}

/** A consumer that does not run just now refuses every word; it is told again when it has joined. */
export function ifRunning(tell: () => void): void {
  try {
    tell();
  } catch {
    // What it was told holds from the next joining on.
  }
}
