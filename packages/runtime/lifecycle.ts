import type { Logger } from './logger.ts';
import { framesOf } from './safe-error.ts';

export interface LifecycleOptions {
  readonly logger: Logger;
  /** Ends everything in order; called once. */
  readonly stop: () => Promise<void>;
  /** How long `stop` may take, in ms. */
  readonly deadlineMs: number;
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** One Ctrl-C may arrive twice, from the terminal and from npm; within this time it is one, in ms. */
const SAME_KEY_MS = 250;

/**
 * Runs the process until SIGTERM or SIGINT: then it stops in order and exits 0, or 1 when that takes
 * too long; a second signal exits at once. An error that nobody caught ends the process, because
 * nobody knows what state it is in: what it held is recovered by others.
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
  const onUncaught = (error: unknown): void => {
    logger.error({ error, at: framesOf(error) }, 'unexpected error: exiting');
    exit(logger, 1);
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
