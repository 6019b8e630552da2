import { type RedisFault, redisFault } from './redis-fault.ts';

/** Between two tries, in ms. */
const TRY_AGAIN_MS = 250;

export interface RedisWorkOptions {
  /** Told of each failure; it is not the caller's to handle. */
  readonly onFailure: (operation: string, fault: RedisFault, error: unknown) => void;
}

interface Failing {
  readonly words: string;
  /** When it is forgotten without a success, Unix ms. */
  readonly until: number;
}

/**
 * What a process does with Redis again and again. A failure of any of it is counted, logged and
 * seen: while an operation fails, the process does not do its job, whatever PING answers.
 */
export class RedisWork {
  private readonly failing = new Map<string, Failing>();
  private readonly options: RedisWorkOptions;

  constructor(options: RedisWorkOptions) {
    this.options = options;
  }

  /** Tries once; what it ends with is noted, and handed on. */
  async attempt<T>(operation: string, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.succeeded(operation);
      return result;
    } catch (error) {
      this.failed(operation, error);
      throw error;
    }
  }

  /**
   * Tries until it succeeds, for as long as it takes.
   * @param wanted asked before each try; null is returned once it says no
   */
  async retryUntilDone<T>(
    operation: string,
    work: () => Promise<T>,
    wanted: () => boolean,
  ): Promise<T | null>;
  async retryUntilDone<T>(operation: string, work: () => Promise<T>): Promise<T>;
  async retryUntilDone<T>(
    operation: string,
    work: () => Promise<T>,
    wanted: () => boolean = () => true,
  ): Promise<T | null> {
    while (wanted()) {
      try {
        return await this.attempt(operation, work);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
      }
    }
    this.succeeded(operation);
    return null;
  }

  /** Notes a failure; one whose success is never told is forgotten after `forMs`. */
  failed(operation: string, error: unknown, forMs = Number.POSITIVE_INFINITY): void {
    const words = error instanceof Error ? error.message : 'failed';
    this.failing.set(operation, { words, until: Date.now() + forMs });
    this.options.onFailure(operation, redisFault(error), error);
  }

  succeeded(operation: string): void {
    this.failing.delete(operation);
  }

  /** What Redis does not do now, in words; null while it does everything. */
  fault(): string | null {
    const now = Date.now();
    const failing = [...this.failing].filter(([, { until }]) => until > now);
    const words = failing.map(([operation, each]) => `${operation}: ${each.words}`);
    return words.length === 0 ? null : words.join('; ');
  }
}

type Methods<T> = { readonly [Name in keyof T]: (...args: never[]) => Promise<unknown> };

/** The same methods, each of them noted as one operation. */
export function noting<T extends Methods<T>>(work: RedisWork, operation: string, of: T): T {
  const methods = Object.entries<(...args: never[]) => Promise<unknown>>(of);
  const noted = methods.map(([name, method]) => [
    name,
    (...args: never[]) => work.attempt(operation, () => method.apply(of, args)),
  ]);
  return Object.fromEntries(noted) as T;
}
