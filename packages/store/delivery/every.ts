/** Says when something may be done that is to be done once in a while. */
export class Every {
  private lastAt = Number.NEGATIVE_INFINITY;
  private readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }

  /** True at first, and then once in each such time. */
  isDue(): boolean {
    const now = performance.now();
    if (now - this.lastAt < this.ms) return false;
    this.lastAt = now;
    return true;
  }
}
