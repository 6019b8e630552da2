import type { Logger } from './logger.ts';

export interface LifecycleOptions {
  readonly logger: Logger;
  /** Ends everything in order; called once. */
  readonly stop: () => Promise<void>;
  /** How long `stop` may take, in ms. */
  readonly deadlineMs: number;
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs the process until SIGTERM or SIGINT: then it stops in order and exits 0, or 1 when that takes
 * too long; a second signal exits at once. An error that nobody caught ends the process, because
 * nobody knows what state it is in: what it held is recovered by others.
 */
export function runUntilSignal(options: LifecycleOptions): void {
  const { logger, deadlineMs } = options;
  let stopping = false;
  const onSignal = (signal: keyof typeof EXIT_CODES): void => {
    if (stopping) {
      logger.warn({ signal }, 'second signal: exiting at once');
      exit(logger, EXIT_CODES[signal]);
      return;
    }
    stopping = true;
    logger.info({ signal, deadlineMs }, 'stopping');
    setTimeout(() => {
      logger.error({ deadlineMs }, 'stopping took too long: what is held is left to be recovered');
      exit(logger, 1);
    }, deadlineMs).unref();
    options.stop().then(
      () => {
        logger.info('stopped');
        exit(logger, 0);
      },
      (error: unknown) => {
        logger.error({ error }, 'stopping failed');
        exit(logger, 1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  const onUncaught = (error: unknown): void => {
    logger.error({ error }, 'unexpected error: exiting');
    exit(logger, 1);
  };
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
}

function exit(logger: Logger, code: number): void {
  logger.flush();
  process.exit(code);
}
