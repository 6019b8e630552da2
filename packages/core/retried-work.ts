/** Between two tries, in ms. */
const TRY_AGAIN_MS = 250;

interface RetryOptions {
  /** How long to wait after a failure, in ms, given how many there were; null to fail with it. */
  readonly waitMs: (error: unknown, failures: number) => number | null;
  readonly sleep: (ms: number) => Promise<void>;
  /** Told of each failure that is followed by another try. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
  /** Asked before each try; when it says no, null is returned. */
  readonly wanted?: () => boolean;
}

/**
 * The one loop that tries again what failed.
 * @throws what the work threw, once `waitMs` says null
 */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T | null> {
  const { waitMs, sleep, onFailure, wanted = () => true } = options;
  for (let failures = 1; wanted(); failures += 1) {
    try {
      return await work();
    } catch (error) {
      const ms = waitMs(error, failures);
      if (ms === null) throw error;
      onFailure?.(error);
      await sleep(ms);
    }
  }
  return null;
}

export interface RetriedWorkOptions<Fault extends string> {
  /** Told of each failure; it is not the caller's to handle. */
  readonly onFailure: (operation: string, fault: Fault, error: unknown) => void;
  /** Why the other side did not do it, from a closed list. */
  readonly faultOf: (error: unknown) => Fault;
  readonly sleep: (ms: number) => Promise<void>;
  /** Unix ms. */
  readonly now: () => number;
}

/** How a failure is remembered. */
interface Note {
  /** Of an operation that is done for several, which one it was: one that succeeds says nothing of another. */
  readonly of?: string;
  /** After this time it is forgotten without a success, in ms; never when left out. */
  readonly forMs?: number;
}

interface Failing {
  readonly words: string;
  /** When it is forgotten without a success, Unix ms. */
  readonly until: number;
}

/**
 * What a process asks of a server again and again. Each failure is counted, logged and remembered: while
 * an operation fails the process does not do its job, whatever else the server answers.
 */
export class RetriedWork<Fault extends string> {
  private readonly failing = new Map<string, Failing>();
  private readonly options: RetriedWorkOptions<Fault>;

  constructor(options: RetriedWorkOptions<Fault>) {
    this.options = options;
  }

  /** Tries once; how it ends is noted, and handed on. */
  async attempt<T>(operation: string, work: () => Promise<T>, note: Note = {}): Promise<T> {
    try {
      const result = await work();
      this.succeeded(operation, note.of);
      return result;
    } catch (error) {
      this.failed(operation, error, note);
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
    note?: Note,
  ): Promise<T | null>;
  async retryUntilDone<T>(operation: string, work: () => Promise<T>): Promise<T>;
  async retryUntilDone<T>(
    operation: string,
    work: () => Promise<T>,
    wanted: () => boolean = () => true,
    note: Note = {},
  ): Promise<T | null> {
    const { sleep } = this.options;
    const waitMs = (): number => TRY_AGAIN_MS;
    const result = await retry(() => this.attempt(operation, work, note), {
      waitMs,
      sleep,
      wanted,
    });
    // It is not wanted any more, so it is no fault any longer.
    if (!wanted()) this.succeeded(operation, note.of);
    return result;
  }

  /** Notes a failure. */
  failed(operation: string, error: unknown, { of, forMs }: Note = {}): void {
    const { now, onFailure, faultOf } = this.options;
    const words = error instanceof Error ? error.message : 'failed';
    const until = now() + (forMs ?? Number.POSITIVE_INFINITY);
    this.failing.set(keyOf(operation, of), { words, until });
    onFailure(operation, faultOf(error), error);
  }

  succeeded(operation: string, of?: string): void {
    this.failing.delete(keyOf(operation, of));
  }

  /** What the server does not do now, in words; null while it does everything. */
  fault(): string | null {
    const now = this.options.now();
    const failing = [...this.failing].filter(([, { until }]) => until > now);
    const words = failing.map(([operation, each]) => `${operation}: ${each.words}`);
    return words.length === 0 ? null : words.join('; ');
  }
}

function keyOf(operation: string, of: string | undefined): string {
  return of === undefined ? operation : `${operation} of ${of}`;
}

type Methods<T> = { readonly [Name in keyof T]: (...args: never[]) => Promise<unknown> };

/** The same methods, each of them noted as one operation. */
export function noting<T extends Methods<T>>(
  work: Pick<RetriedWork<string>, 'attempt'>,
  operation: string,
  of: T,
): T {
  const methods = Object.entries<(...args: never[]) => Promise<unknown>>(of);
  const noted = methods.map(([name, method]) => [
    name,
    (...args: never[]) => work.attempt(operation, () => method.apply(of, args)),
  ]);
  return Object.fromEntries(noted) as T;
}
