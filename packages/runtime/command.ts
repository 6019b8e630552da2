import { Command, CommanderError, Option } from 'commander';

export { Command, Option };

/** Something that is wrong with what the user gave us: printed in a few lines, exit code 2. */
export class UsageError extends Error {}

/** Something that was to be expected now and then, such as a broker that is down: exit code 1. */
export class ExpectedError extends Error {}

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** A subcommand of `capi-relay` with its help. */
export function createCommand(name: string, summary: string, example: string): Command {
  return new Command(`capi-relay ${name}`)
    .description(summary)
    .addHelpText('after', `\nExample:\n${example.replace(/^(?=.)/gm, '  ')}`)
    .configureHelp({ helpWidth: 90 })
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride();
}

/** The option that names the configuration file. */
export function configOption(): Option {
  return new Option('-c, --config <file>', 'the configuration file').env('CAPI_RELAY_CONFIG');
}

/**
 * Parses the arguments and runs the action. Expected errors are one clear message on standard error;
 * only unexpected ones show where they came from.
 */
export async function runCommand(
  command: Command,
  action: (options: Record<string, unknown>, command: Command) => Promise<number | undefined>,
): Promise<void> {
  try {
    command.parse();
    const code = await action(command.opts(), command);
    if (code !== undefined) process.exitCode = code;
  } catch (error) {
    process.exitCode = codeOf(error);
  }
}

function codeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof UsageError) {
    process.stderr.write(`error: ${error.message}\n`);
    return EXIT.usage;
  }
  if (error instanceof ExpectedError) {
    process.stderr.write(`error: ${error.message}\n`);
    return EXIT.failed;
  }
  const { stack, message } = error as Error;
  process.stderr.write(`unexpected error: ${stack ?? message}\n`);
  return EXIT.failed;
}
