import { ExpectedError } from '#config/errors.ts';
import { runCommand } from '#process/command.ts';
import { runUntilSignal } from '#process/lifecycle.ts';
import { createLogger } from '#process/logger.ts';
import { optionsOf, sandboxCommand } from './flags.ts';
import { startSandbox } from './server.ts';

const STOP_MS = 5000;

await runCommand(sandboxCommand(), async (flags) => {
  const logger = createLogger('sandbox');
  const sandbox = await startSandbox(optionsOf(flags)).catch((error: NodeJS.ErrnoException) => {
    throw new ExpectedError(`cannot listen: ${error.message}`);
  });
  runUntilSignal({ logger, stop: sandbox.close, deadlineMs: STOP_MS });
  logger.info({ port: sandbox.port }, 'listening');
  return undefined;
});
