import type { Configuration } from '#config/configuration.ts';
import { type Command, configOption, createCommand } from '#process/command.ts';

export type Flags = Readonly<Record<string, unknown>>;

/** One of the things that `dead-letters` can do. */
export interface Subcommand {
  readonly command: Command;
  /** Resolves to the exit code. */
  readonly run: (
    configuration: Configuration,
    flags: Flags,
    args: readonly string[],
  ) => Promise<number>;
}

/** A subcommand below `capi-relay dead-letters`, which gives it the first part of its name. */
export function createSubcommand(name: string, summary: string, example: string): Command {
  return createCommand(name, summary, example).name(name).addOption(configOption());
}
