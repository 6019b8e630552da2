import { ExpectedError } from '#config/errors.ts';
import { runCommand } from '#process/command.ts';
import { sandboxCommand } from './flags.ts';

const STOP_MS = 5000;

await runCommand(sandboxCommand(), async (flags) => {
  // Loaded only now, so that --help answers at once.
  const { optionsOf } = await import('./options.ts');
  const options = optionsOf(flags);
  const { startSandbox } = await import('./server.ts');
  const { runUntilSignal } = await import('#process/lifecycle.ts');
  const { createLogger } = await import('#process/logger.ts');
  const logger = createLogger('sandbox');
  const sandbox = await startSandbox(options).catch((error: NodeJS.ErrnoException) => {
    const { port } = options;
    const taken = `port ${port} is taken: choose another one with --port, or 0 for any that is free`;
    throw new ExpectedError(
      error.code === 'EADDRINUSE' ? taken : `cannot listen: ${error.message}`,
    );
  });
  runUntilSignal({ logger, stop: sandbox.close, deadlineMs: STOP_MS });
  logger.info({ port: sandbox.port }, 'listening');
  return undefined;
});
