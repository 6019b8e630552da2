import { Command, CommanderError, Option } from 'commander';
import { ExpectedError, UsageError } from '#config/errors.ts';
import { framesOf, safeText } from './safe-error.ts';

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
 * only unexpected ones show where they came from, and none shows what it was working on.
 */
export async function runCommand(
  command: Command,
  action: (options: Record<string, unknown>, command: Command) => Promise<number | undefined>,
): Promise<void> {
  process.stdout.on('error', leaveWithReader);
  try {
    command.parse();
    const code = await action(command.opts(), command);
    if (code !== undefined) process.exitCode = code;
  } catch (error) {
    // At once: connections that are still open must not keep a command that has failed.
    process.exit(report(error));
  }
}

/** Who reads what is printed may have seen enough, as `head` does. */
function leaveWithReader({ code }: NodeJS.ErrnoException): void {
  process.exit(code === 'EPIPE' ? EXIT.done : EXIT.failed);
}

function report(error: unknown): number {
  // commander has printed it.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof UsageError) return complain(`error: ${error.message}`, EXIT.usage);
  if (error instanceof ExpectedError) return complain(`error: ${error.message}`, EXIT.failed);
  const { name, message } = error instanceof Error ? error : new Error(typeof error);
  const shown = error instanceof SyntaxError ? 'cannot be parsed' : safeText(message);
  const frames = framesOf(error).map((frame) => `    ${frame}`);
  return complain([`unexpected error: ${name}: ${shown}`, ...frames].join('\n'), EXIT.failed);
}

function complain(words: string, code: number): number {
  process.stderr.write(`${words}\n`);
  return code;
}
