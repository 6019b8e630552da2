import { loadConfiguration } from '#config/load.ts';
import { runCommand, UsageError } from '#process/command.ts';
import { accountOf, demandScope, filterText, readFilter } from '../dead-letters/selection.ts';
import { withStore } from '../dead-letters/store.ts';
import { EXIT_CODES, withExitCode } from '../exit-codes.ts';
import type { ReplayAction } from './action.ts';
import { CONTROLS } from './control.ts';
import { readFlags, replayCommand } from './flags.ts';
import { run } from './run.ts';

const SCOPE = "capi-relay replay --where 'reason:missing_value' --dry-run";

/** The first signal ends the replay between two steps, the second one at once. */
function untilSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(EXIT_CODES.interrupted);
      stop.abort();
    });
  }
  return stop.signal;
}

const replaying: ReplayAction = {
  // Else its options would be taken from what stands behind an action.
  command: replayCommand().enablePositionalOptions(),
  async run({ store, configuration, flags, signal }) {
    const asked = { where: filterText(flags), filter: readFilter(flags), ...accountOf(flags) };
    return run(store, configuration, asked, readFlags(flags), signal);
  },
};

let chosen = replaying;
for (const each of [replaying, ...CONTROLS]) {
  if (each !== replaying) replaying.command.addCommand(each.command);
  each.command.action(() => {
    chosen = each;
  });
}

await runCommand(replaying.command, async () => {
  const { command } = chosen;
  const [flags, args] = [command.opts(), command.args];
  if (chosen === replaying) {
    if (args.length > 0) throw new UsageError('replay takes no argument: filters go to --where');
    demandScope(flags, SCOPE);
    readFilter(flags);
    readFlags(flags);
  }
  const path = (flags['config'] ?? replaying.command.opts()['config']) as string | undefined;
  const configuration = await loadConfiguration(path, process.env);
  const signal = untilSignal();
  return withExitCode(() =>
    withStore(configuration, (store) => chosen.run({ store, configuration, flags, args, signal })),
  );
});
