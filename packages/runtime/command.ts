import { Command, CommanderError, Option } from 'commander';
import { ExpectedError, UsageError } from './errors.ts';

export { Command, ExpectedError, Option, UsageError };

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
