import { UsageError } from '#config/errors.ts';
import { type Command, configOption, createCommand, runCommand } from '#process/command.ts';
import type { Flags, SubcommandAction } from './action.ts';

/** One action of the commands `dead-letters`, `replay` and `lanes`. */
export interface Subcommand {
  readonly command: Command;
  /** Given where the action must not apply to all dead letters by mistake: an example of a selection. */
  readonly scope?: string;
  /** Loads what the action needs, which its help does not. */
  readonly load: () => Promise<SubcommandAction>;
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
  // So that a wrong action is named as that, where the command also runs without one.
  if (program.registeredArguments.length === 0) program.allowExcessArguments();
  for (const each of subcommands) {
    if (each.command !== program) program.addCommand(each.command);
    each.command.action(() => {
      chosen = each;
    });
  }
  await runCommand(program, async () => {
    // Without a subcommand commander has shown the help, and ended.
    const { command, scope, load } = chosen as unknown as Subcommand;
    const names = subcommands.filter((each) => each.command !== program);
    if (command === program && names.length > 0) await refuseUnknown(program, names);
    const flags = command.opts();
    const config = (flags['config'] ?? program.opts()['config']) as string | undefined;
    if (scope !== undefined) requireScope(flags, scope);
    const { runAction } = await import('./action.ts');
    return runAction(await load(), config, { flags, args: command.args });
  });
}

/** @throws UsageError for an argument, which can only be meant as an action */
async function refuseUnknown(program: Command, known: readonly Subcommand[]): Promise<void> {
  const [given] = program.args;
  if (given === undefined) return;
  const { nearest } = await import('#core/text/nearest.ts');
  const names = known.map(({ command }) => command.name());
  const meant = nearest(given, names);
  const fix = meant === null ? `the actions are ${names.join(', ')}` : `did you mean ${meant}?`;
  throw new UsageError(`“${given}” is no action of ${program.name()}: ${fix}`);
}

/** @throws UsageError unless the flags name either some dead letters or all */
function requireScope({ where, id, last, all }: Flags, example: string): void {
  const isFiltered = where !== undefined || id !== undefined || last !== undefined;
  if (isFiltered && all) {
    throw new UsageError('--all selects everything: leave out --where, --id and --last');
  }
  if (!isFiltered && !all) {
    throw new UsageError(`select with --where, --id or --all\n  Example: ${example}`);
  }
}
