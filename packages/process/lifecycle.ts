import { setTimeout as sleep } from 'node:timers/promises';
import type { Check } from './admin-server.ts';
import type { Logger } from './logger.ts';
import { safeError, stackFrames } from './redact.ts';

/** What a service may use while it starts. */
export interface Starting {
  /** Aborted when the process is told to stop before it runs. */
  readonly signal: AbortSignal;
  /**
   * Retries until it succeeds, for as long as `canHeal` says that waiting may help; the log and
   * `/readyz` name what the start waits for.
   * @param what the dependency, in one or two words
   * @throws the error of the attempt, once it cannot heal or the process is told to stop
   */
  until<T>(
    what: string,
    attempt: () => Promise<T>,
    canHeal: (error: unknown) => boolean,
  ): Promise<T>;
  /** Runs `undo`, the latest first, if the start fails or is told to stop. */
  onUndo(undo: () => void | Promise<void>): void;
}

/** Between two attempts, in ms. */
const RETRY_MS = 500;

/** An attempt that takes longer is logged as waiting, too, in ms. */
const SLOW_MS = 3000;

/** A start that goes on waiting says so again after this time, in ms. */
const SAY_AGAIN_MS = 60_000;

/** The start of a service, until it runs, fails or is told to stop. */
export class StartPhase implements Starting {
  private readonly aborting = new AbortController();
  private readonly logger: Logger;
  private readonly undos: (() => void | Promise<void>)[] = [];
  private waiting: { readonly what: string; cause: string | null } | null = null;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  get signal(): AbortSignal {
    return this.aborting.signal;
  }

  /** Always fails: a service that starts is not ready. */
  check(): Check {
    const { waiting } = this;
    const cause = waiting === null || waiting.cause === null ? '' : `: ${waiting.cause}`;
    const detail = waiting === null ? 'starting' : `waiting for ${waiting.what}${cause}`;
    return { name: 'start', ok: false, detail };
  }

  onUndo(undo: () => void | Promise<void>): void {
    this.undos.unshift(undo);
  }

  /** Ends what was started so far; one that fails does not keep the others. */
  async undo(): Promise<void> {
    this.aborting.abort();
    for (const undo of this.undos.splice(0)) {
      try {
        await undo();
      } catch (error) {
        this.logger.warn({ error }, 'undoing the start failed');
      }
    }
  }

  async until<T>(
    what: string,
    attempt: () => Promise<T>,
    canHeal: (error: unknown) => boolean,
  ): Promise<T> {
    const since = performance.now();
    const waiting = { what, cause: null as string | null, loggedAt: null as number | null };
    const log = (): void => {
      const now = performance.now();
      if (waiting.loggedAt !== null && now - waiting.loggedAt < SAY_AGAIN_MS) return;
      waiting.loggedAt = now;
      const seconds = Math.round((now - since) / 1000);
      this.logger.warn({ waitingFor: what, cause: waiting.cause, seconds }, 'waiting to start');
    };
    this.waiting = waiting;
    // Also for an attempt that neither succeeds nor fails.
    const slow = setInterval(log, SLOW_MS);
    try {
      for (;;) {
        try {
          return await attempt();
        } catch (error) {
          if (this.signal.aborted || !canHeal(error)) throw error;
          waiting.cause = String(safeError(error)['message']);
          log();
        }
        await sleep(RETRY_MS, undefined, { signal: this.signal });
      }
    } finally {
      clearInterval(slow);
      if (waiting.loggedAt !== null && !this.signal.aborted)
        this.logger.info({ waitedFor: what }, 'start continues');
      this.waiting = null;
    }
  }
}

const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof SIGNAL_EXIT_CODES;

/** Calls `onStop` on each SIGTERM and SIGINT; returns a function that ends this. */
export function onStopSignal(onStop: (signal: StopSignal) => void): () => void {
  process.on('SIGTERM', onStop).on('SIGINT', onStop);
  return () => void process.off('SIGTERM', onStop).off('SIGINT', onStop);
}

/** Aborted by the first SIGTERM or SIGINT; the second one exits at once. */
export function abortOnStopSignal(): AbortSignal {
  const stop = new AbortController();
  onStopSignal(() => {
    if (stop.signal.aborted) process.exit(SIGNAL_EXIT_CODES.SIGINT);
    stop.abort();
  });
  return stop.signal;
}

interface LifecycleOptions {
  readonly logger: Logger;
  /** Ends everything in order; called once. */
  readonly stop: () => Promise<void>;
  /** How long `stop` may take, in ms. */
  readonly deadlineMs: number;
  /** Releases what others wait for, before a process ends that cannot end in order. */
  readonly leave?: () => Promise<void>;
}

/** How long `leave` may take, in ms. */
const LEAVE_MS = 5000;

/** One Ctrl-C may arrive twice, from the terminal and from npm, within this time, in ms. */
const SAME_KEY_MS = 250;

/**
 * Runs the process until SIGTERM or SIGINT: then it stops in order and exits 0, or 1 if that takes
 * too long; a second signal exits at once. An uncaught error ends the process, because its state is
 * unknown: it releases what others wait for, and they recover what it held.
 */
export function runUntilSignal(options: LifecycleOptions): void {
  const { logger } = options;
  let stoppingSince: number | null = null;
  onStopSignal((signal) => {
    if (stoppingSince !== null) {
      const sameKey = signal === 'SIGINT' && performance.now() - stoppingSince < SAME_KEY_MS;
      if (sameKey) return;
      logger.warn({ signal }, 'second signal: exiting at once');
      exit(logger, SIGNAL_EXIT_CODES[signal]);
    }
    stoppingSince = performance.now();
    logger.info({ signal, deadlineMs: options.deadlineMs }, 'stopping');
    void end(options);
  });
  let dying = false;
  const onUncaught = (error: unknown): void => {
    logger.error({ error, at: stackFrames(error) }, 'unexpected error: exiting');
    if (dying) exit(logger, 1);
    dying = true;
    setTimeout(() => exit(logger, 1), LEAVE_MS);
    const left = (): never => exit(logger, 1);
    void Promise.resolve(options.leave?.()).then(left, left);
  };
  process.on('uncaughtException', onUncaught).on('unhandledRejection', onUncaught);
}

async function end({ logger, stop, deadlineMs }: LifecycleOptions): Promise<void> {
  setTimeout(() => {
    logger.error({ deadlineMs }, 'stopping took too long: other processes recover what it held');
    exit(logger, 1);
  }, deadlineMs).unref();
  try {
    await stop();
    logger.info('stopped');
    exit(logger, 0);
  } catch (error) {
    logger.error({ error, at: stackFrames(error) }, 'stopping failed');
    exit(logger, 1);
  }
}

function exit(logger: Logger, code: number): never {
  logger.flush();
  process.exit(code);
}
