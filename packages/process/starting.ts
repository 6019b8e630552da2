import type { Check } from './admin-server.ts';
import { type Logger, safeError } from './logger.ts';

/** What a service may use while it starts. */
export interface Starting {
  /** Aborted when the process is told to stop before it runs. */
  readonly signal: AbortSignal;
  /**
   * Tries until it succeeds, for as long as `canHeal` says of an error that waiting may help; says
   * in the log and under `/readyz` what the start waits for.
   * @param what the dependency, in one or two words
   * @throws what the attempt threw, once it cannot heal or the process is told to stop
   */
  until<T>(
    what: string,
    attempt: () => Promise<T>,
    canHeal: (error: unknown) => boolean,
  ): Promise<T>;
  /** Ends `end`, the latest first, where the start fails or is told to stop. */
  onUndo(end: () => void | Promise<void>): void;
}

/** Between two tries, in ms. */
const TRY_AGAIN_MS = 500;

/** An attempt that takes longer is waited for in the log too, in ms. */
const SLOW_MS = 3000;

/** The start of a service, from its first moment until it runs, fails or is told to stop. */
export class StartPhase implements Starting {
  private readonly aborting = new AbortController();
  private readonly logger: Logger;
  private readonly ends: (() => void | Promise<void>)[] = [];
  private waiting: { readonly what: string; cause: string | null } | null = null;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  get signal(): AbortSignal {
    return this.aborting.signal;
  }

  /** Never holds: who starts does not do its job yet. */
  check(): Check {
    const { waiting } = this;
    const cause = waiting === null || waiting.cause === null ? '' : `: ${waiting.cause}`;
    const detail = waiting === null ? 'starting' : `waiting for ${waiting.what}${cause}`;
    return { name: 'start', ok: false, detail };
  }

  onUndo(end: () => void | Promise<void>): void {
    this.ends.unshift(end);
  }

  /** Ends what was started so far; what does not end keeps the rest from nothing. */
  async undo(): Promise<void> {
    this.aborting.abort();
    for (const end of this.ends.splice(0)) {
      try {
        await end();
      } catch (error) {
        this.logger.warn({ error }, 'what had been started did not end in order');
      }
    }
  }

  async until<T>(
    what: string,
    attempt: () => Promise<T>,
    canHeal: (error: unknown) => boolean,
  ): Promise<T> {
    const waiting = { what, cause: null as string | null, said: false };
    const say = (): void => {
      if (waiting.said) return;
      waiting.said = true;
      this.logger.warn({ waitingFor: what, cause: waiting.cause }, 'waiting to start');
    };
    this.waiting = waiting;
    const slow = setTimeout(say, SLOW_MS);
    try {
      for (;;) {
        try {
          return await attempt();
        } catch (error) {
          if (this.signal.aborted || !canHeal(error)) throw error;
          waiting.cause = String(safeError(error)['message']);
          say();
        }
        await this.sleep();
      }
    } finally {
      clearTimeout(slow);
      if (waiting.said && !this.signal.aborted)
        this.logger.info({ waitedFor: what }, 'starting goes on');
      this.waiting = null;
    }
  }

  private sleep(): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        reject(new Error('told to stop'));
      };
      const timer = setTimeout(() => {
        this.signal.removeEventListener('abort', end);
        resolve();
      }, TRY_AGAIN_MS);
      this.signal.addEventListener('abort', end, { once: true });
      if (this.signal.aborted) end();
    });
  }
}
