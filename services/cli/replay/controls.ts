import type { Command } from '#process/command.ts';
import { addAccount } from '../dead-letters/options.ts';
import { createSubcommand, type Subcommand } from '../subcommand.ts';

function subcommand(name: string, summary: string, example: string): Command {
  return createSubcommand(`replay ${name}`, summary, `capi-relay replay ${example}`);
}

const list: Subcommand = {
  command: subcommand('list', 'Lists replays, the newest first.', 'list --json').option(
    '--json',
    'print JSON',
  ),
  load: async () => (await import('./control.ts')).printReplays,
};

const status: Subcommand = {
  command: subcommand('status', 'Shows the progress of a replay.', 'status --watch')
    .argument('[id]', 'the replay (default: the newest one)')
    .option('--watch', 'follow it until it halts')
    .option('--json', 'print JSON'),
  load: async () => (await import('./control.ts')).printProgress,
};

function halt(
  name: 'pause' | 'cancel',
  state: 'paused' | 'cancelled',
  summary: string,
): Subcommand {
  return {
    command: addAccount(subcommand(name, summary, `${name} <id>`))
      .argument('<id>')
      .option('--json', 'print JSON'),
    load: async () => (await import('./control.ts')).halting(state),
  };
}

const RESUME = 'Continues a replay that was paused, stopped or killed.';

const resume: Subcommand = {
  command: addAccount(subcommand('resume', RESUME, 'resume <id>'))
    .argument('<id>')
    .option('--detach', 'let control run it, and return at once')
    .option('--json', 'print JSON'),
  load: async () => (await import('./control.ts')).resumeReplay,
};

/** The actions on replays that exist already. */
export const CONTROLS: readonly Subcommand[] = [
  list,
  status,
  halt('pause', 'paused', 'Pauses a replay; resume continues it.'),
  resume,
  halt('cancel', 'cancelled', 'Cancels a replay; what was not put back stays a dead letter.'),
];
