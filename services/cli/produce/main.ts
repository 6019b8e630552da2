import { runCommand } from '#process/command.ts';
import { produceCommand, readFlags } from './flags.ts';

/** Longest wait at the end for a broker that is no longer needed. */
const LEAVE_MS = 100;

await runCommand(produceCommand(), async (flags) => {
  const options = readFlags(flags);
  // Loaded only now, so that --help answers at once.
  const { produceAll } = await import('./produce.ts');
  await produceAll(options);
  setTimeout(() => process.exit(), LEAVE_MS).unref();
  return undefined;
});
