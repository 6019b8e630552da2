import type { Consumer } from '#kafka/client.ts';

interface Partition {
  readonly topic: string;
  readonly partition: number;
}

interface Paused {
  readonly topic: string;
  readonly partitions: number[];
}

function pausedOf({ topic, partition }: Partition): Paused {
  return { topic, partitions: [partition] };
}

/**
 * Pauses and resumes the fetching of a consumer. kafkajs forgets what is paused whenever it restarts
 * after a failure, and refuses the call while it does not run. The gate remembers, and is applied again
 * when the group has been joined.
 */
export class FetchGate {
  /** While it is, nothing more is fetched. */
  closed = false;
  private readonly consumer: Pick<Consumer, 'pause' | 'resume'>;
  private readonly topics: { topic: string }[];
  private halted: Paused[] = [];
  private waiting: Paused[] = [];

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

  /** Pauses these partitions while the gate is open, and no others that were halted before. */
  halt(partitions: readonly Partition[]): void {
    this.halted = partitions.map(pausedOf);
    this.apply();
  }

  /** The same for partitions that wait for what their messages need. */
  wait(partitions: readonly Partition[]): void {
    this.waiting = partitions.map(pausedOf);
    this.apply();
  }

  /** Tells the consumer what is paused; also to be called when the group has been joined. */
  apply(): void {
    ifRunning(() => {
      if (this.closed) return this.consumer.pause(this.topics);
      this.consumer.resume(this.topics);
      const paused = [...this.halted, ...this.waiting];
      if (paused.length > 0) this.consumer.pause(paused);
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
