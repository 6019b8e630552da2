/**
 * Lets work that fills the one thread for milliseconds go piece by piece, however much of it becomes
 * due at once: in between, timers fire, holds are renewed and answers are read.
 */
export class Turns {
  private readonly waiting: (() => void)[] = [];

  /** Resolves when it is one's turn; one a round of the event loop, who asks first goes first. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.waiting.length === 1) setImmediate(() => this.go());
    });
  }

  private go(): void {
    this.waiting.shift()?.();
    if (this.waiting.length > 0) setImmediate(() => this.go());
  }
}
