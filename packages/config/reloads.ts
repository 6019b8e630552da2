import type { Configuration } from './configuration.ts';

export interface ReloadsOptions {
  /**
   * Applies a configuration: at once what can be, and the rest until the promise resolves. It may be
   * called again before that, and then the newer configuration wins.
   */
  readonly apply: (next: Configuration) => void | Promise<void>;
  /** All of the newest configuration is in effect. */
  readonly onApplied: (next: Configuration) => void;
  /** It could not be applied; it is tried again until it can, or until a newer one comes. */
  readonly onFailed: (error: Error) => void;
  /** Between tries, in ms. */
  readonly retryMs?: number;
}

const RETRY_MS = 5000;

/**
 * Brings each configuration into effect without waiting for the one before it: what takes long,
 * fails or hangs in one change never holds up the next.
 */
export class Reloads {
  private newest = 0;
  private pendingSince: number | null = null;
  private failure: string | null = null;
  private retry: NodeJS.Timeout | undefined;
  private readonly options: ReloadsOptions;

  constructor(options: ReloadsOptions) {
    this.options = options;
  }

  take(next: Configuration): void {
    clearTimeout(this.retry);
    this.newest += 1;
    this.pendingSince = Date.now();
    this.failure = null;
    void this.attempt(next, this.newest);
  }

  /** Tries nothing again. */
  end(): void {
    clearTimeout(this.retry);
    this.newest += 1;
  }

  /** Why the newest configuration is not in effect; null once all of it is. */
  get failed(): string | null {
    return this.failure;
  }

  /** How long the newest configuration has waited for its full effect, in ms; 0 once it has it. */
  pendingMs(now: number): number {
    return this.pendingSince === null ? 0 : Math.max(now - this.pendingSince, 0);
  }

  private async attempt(next: Configuration, turn: number): Promise<void> {
    const { apply, onApplied, onFailed, retryMs = RETRY_MS } = this.options;
    try {
      await apply(next);
      if (turn !== this.newest) return;
      this.pendingSince = null;
      this.failure = null;
      onApplied(next);
    } catch (error) {
      if (turn !== this.newest) return;
      const { message } = error as Error;
      const known = this.failure === message;
      this.failure = message;
      this.retry = setTimeout(() => void this.attempt(next, turn), retryMs).unref();
      if (!known) onFailed(error as Error);
    }
  }
}
