import fastq from 'fastq';

/** Runs some tasks at once and keeps others waiting in order, up to a bound; refuses the rest. */
export class BoundedQueue {
  private readonly queue = fastq.promise((task: () => Promise<void>) => task(), 1);
  private readonly maxWaiting: number;

  constructor(concurrency: number, maxWaiting: number) {
    this.queue.concurrency = concurrency;
    this.maxWaiting = maxWaiting;
  }

  get idle(): boolean {
    return this.queue.idle();
  }

  /** Resolves to null, without running the task, when too many wait already. */
  async run<T>(task: () => Promise<T>): Promise<T | null> {
    const { queue } = this;
    if (queue.running() >= queue.concurrency && queue.length() >= this.maxWaiting) return null;
    let result: T | null = null;
    await queue.push(async () => {
      result = await task();
    });
    return result;
  }
}
