import type { Logger } from './logger.ts';
import { framesOf } from './safe-error.ts';

export interface LifecycleOptions {
  readonly logger: Logger;
  /** Ends everything in order; called once. */
  readonly stop: () => Promise<void>;
  /** How long `stop` may take, in ms. */
  readonly deadlineMs: number;
  /** Gives up what others wait for, before a process ends that cannot end in order. */
  readonly leave?: () => Promise<void>;
}

/** How long `leave` may take, in ms. */
const LEAVE_MS = 5000;

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** One Ctrl-C may arrive twice, from the terminal and from npm; within this time it is one, in ms. */
const SAME_KEY_MS = 250;

/**
 * Runs the process until SIGTERM or SIGINT: then it stops in order and exits 0, or 1 when that takes
 * too long; a second signal exits at once. An error that nobody caught ends the process, because
 * nobody knows what state it is in: it leaves what others wait for, and what it held is recovered by
 * them.
 */
export function runUntilSignal(options: LifecycleOptions): void {
  const { logger } = options;
  let stoppingSince: number | null = null;
  const onSignal = (signal: keyof typeof EXIT_CODES): void => {
    if (stoppingSince !== null) {
      const sameKey = signal === 'SIGINT' && performance.now() - stoppingSince < SAME_KEY_MS;
      if (sameKey) return;
      logger.warn({ signal }, 'second signal: exiting at once');
      exit(logger, EXIT_CODES[signal]);
    }
    stoppingSince = performance.now();
    logger.info({ signal, deadlineMs: options.deadlineMs }, 'stopping');
    void end(options);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  let dying = false;
  const onUncaught = (error: unknown): void => {
    logger.error({ error, at: framesOf(error) }, 'unexpected error: exiting');
    if (dying) exit(logger, 1);
    dying = true;
    setTimeout(() => exit(logger, 1), LEAVE_MS);
    const left = (): never => exit(logger, 1);
    void Promise.resolve(options.leave?.()).then(left, left);
  };
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
}

async function end({ logger, stop, deadlineMs }: LifecycleOptions): Promise<void> {
  setTimeout(() => {
    logger.error({ deadlineMs }, 'stopping took too long: what is held is left to be recovered');
    exit(logger, 1);
  }, deadlineMs).unref();
  try {
    await stop();
    logger.info('stopped');
    exit(logger, 0);
  } catch (error) {
    logger.error({ error, at: framesOf(error) }, 'stopping failed');
    exit(logger, 1);
  }
}

function exit(logger: Logger, code: number): never {
  logger.flush();
  process.exit(code);
}
