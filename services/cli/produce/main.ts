import { EXIT, runCommand } from '#process/command.ts';
import { produceCommand, readFlags } from './flags.ts';
import { openPrinter } from './outlet.ts';
import { produce } from './produce.ts';
import { openSource } from './source.ts';
import { renderSummary } from './summary.ts';
import { findTarget } from './target.ts';
import { openTopic } from './topic-outlet.ts';

const EXIT_INTERRUPTED = 130;
/** How long answers to a broker that we no longer wait for may keep the process. */
const LEAVE_MS = 100;

/** The first signal ends the run in order, the second one at once. */
function untilSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
      stop.abort();
    });
  }
  return stop.signal;
}

/** Who reads what is printed may have seen enough, as `head` does. */
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  process.exit(code === 'EPIPE' ? EXIT.done : EXIT.failed);
});

await runCommand(produceCommand(), async (flags) => {
  const options = readFlags(flags);
  const source = await openSource(options);
  const signal = untilSignal();
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
