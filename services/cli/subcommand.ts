import type { Configuration } from '#config/configuration.ts';
import { loadConfiguration } from '#config/load.ts';
import { type Command, configOption, createCommand, runCommand } from '#process/command.ts';
import { withExitCode } from './exit-codes.ts';

/** The values of a command's options, by name. */
export type Flags = Readonly<Record<string, unknown>>;

/** One action of a command such as `dead-letters` or `replay`. */
export interface Subcommand {
  readonly command: Command;
  /** Resolves to the exit code. */
  readonly run: (
    configuration: Configuration,
    flags: Flags,
    args: readonly string[],
  ) => Promise<number>;
}

/** @param path such as `dead-letters list` */
export function createSubcommand(path: string, summary: string, example: string): Command {
  const name = path.slice(path.indexOf(' ') + 1);
  return createCommand(path, summary, example).name(name).addOption(configOption());
}

/** Runs the subcommand that the arguments name; one of them may be the program itself. */
export async function runSubcommands(
  program: Command,
  subcommands: readonly Subcommand[],
): Promise<void> {
  let chosen: Subcommand | null = null;
  for (const each of subcommands) {
    if (each.command !== program) program.addCommand(each.command);
    each.command.action(() => {
      chosen = each;
    });
  }
  await runCommand(program, async () => {
    // Without a subcommand commander has shown the help, and ended.
    const { command, run } = chosen as unknown as Subcommand;
    const flags = command.opts();
    const path = (flags['config'] ?? program.opts()['config']) as string | undefined;
    const configuration = await loadConfiguration(path, process.env);
    return withExitCode(() => run(configuration, flags, command.args));
  });
}
