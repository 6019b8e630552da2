import { runCommand, UsageError } from '#runtime/command.ts';
import { loadConfiguration } from '#runtime/configuration/load.ts';
import { demandScope, readFilter } from '../dead-letters/selection.ts';
import { withRedis } from '../dead-letters/store.ts';
import { ENDINGS, untilEnding } from '../endings.ts';
import { readFlags, replayCommand } from './flags.ts';
import { run } from './run.ts';

const SCOPE = "capi-relay replay --where 'reason:missing_value' --dry-run";

/** The first signal ends the replay between two steps, the second one at once. */
function untilSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(ENDINGS.interrupted);
      stop.abort();
    });
  }
  return stop.signal;
}

await runCommand(replayCommand(), async (flags, { args }) => {
  if (args.length > 0) throw new UsageError('replay takes no argument: filters go to --where');
  demandScope(flags, SCOPE);
  const [filter, options] = [readFilter(flags), readFlags(flags)];
  const configuration = await loadConfiguration(flags['config'] as string | undefined, process.env);
  const signal = untilSignal();
  return untilEnding(() =>
    withRedis(configuration, (redis) => run(redis, configuration, filter, options, signal)),
  );
});
