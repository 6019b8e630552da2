import { runCommand } from '#process/command.ts';
import { abortOnStopSignal } from '#process/lifecycle.ts';
import { produceCommand, readFlags } from './flags.ts';
import { findTarget, openPrinter, openTopic } from './outlet.ts';
import { produce } from './produce.ts';
import { renderSummary } from './summary.ts';

/** Longest wait at the end for a broker that is no longer needed. */
const LEAVE_MS = 100;

await runCommand(produceCommand(), async (flags) => {
  const options = readFlags(flags);
  // Loaded only now, so that --help does not wait for faker.
  const { openSource } = await import('./source.ts');
  const source = await openSource(options);
  const signal = abortOnStopSignal();
  const target = options.dryRun ? null : await findTarget(options, process.env);
  const outlet = target === null ? openPrinter(process.stdout) : await openTopic(target, options);
  const topic = target?.topic ?? null;
  const summary = await produce(options, { source, outlet, topic, signal });
  await outlet.close();
  const text = options.json ? `${JSON.stringify(summary)}\n` : renderSummary(summary);
  (options.dryRun ? process.stderr : process.stdout).write(text);
  return undefined;
});
setTimeout(() => process.exit(), LEAVE_MS).unref();
