/**
 * Lets some works run at once and the others wait in order, up to a bound: beyond it a work is refused
 * at once rather than kept waiting.
 */
export class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly atOnce: number;
  private readonly maxWaiting: number;

  constructor(atOnce: number, maxWaiting: number) {
    this.atOnce = atOnce;
    this.maxWaiting = maxWaiting;
  }

  get idle(): boolean {
    return this.running === 0;
  }

  /** Null when too many wait already. */
  async run<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.running >= this.atOnce) {
      if (this.waiting.length >= this.maxWaiting) return null;
      // Whoever ends hands its turn over, so that it never comes free between two.
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else this.running += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}
