import { Argument, Command, CommanderError, Option } from 'commander';
import { ExpectedError, UsageError } from '#config/errors.ts';
import { describeError } from './redact.ts';

export { Argument, Command, Option };

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** A command of `capi-relay` with its help. */
export function createCommand(name: string, summary: string, example: string): Command {
  return new Command(`capi-relay ${name}`)
    .description(summary)
    .addHelpText('after', `\nExample:\n${example.replace(/^(?=.)/gm, '  ')}`)
    .configureHelp({ helpWidth: 90 })
    .showHelpAfterError('(see --help)')
    .exitOverride();
}

/** For a command that needs a configuration. */
export function configOption(): Option {
  const found = 'configuration file (default: capi-relay.yaml, .yml or .json in this folder)';
  return new Option('-c, --config <file>', found).env('CAPI_RELAY_CONFIG');
}

/** For a command that also works without a configuration, and so reads only one that is named. */
export function optionalConfigOption(): Option {
  const named = 'configuration file; where none is needed, none is read unless it is named';
  return new Option('-c, --config <file>', named).env('CAPI_RELAY_CONFIG');
}

/** Commands as they are defined, while they are described; null while they run. */
let described: Command[] | null = null;

/**
 * The commands that entry files define, without running them.
 * @param load imports the entry files, which nothing has imported before
 */
export async function definedBy(load: () => Promise<unknown>): Promise<readonly Command[]> {
  const found: Command[] = [];
  described = found;
  try {
    await load();
  } finally {
    described = null;
  }
  return found;
}

/**
 * Parses the arguments and runs the action. An expected error is one message on standard error; an
 * unexpected one shows its stack and its causes, without data.
 */
export async function runCommand(
  command: Command,
  action: (options: Record<string, unknown>, command: Command) => Promise<number | undefined>,
): Promise<void> {
  if (described !== null) {
    described.push(command);
    return;
  }
  process.stdout.on('error', leaveWithReader);
  try {
    command.parse();
    const code = await action(command.opts(), command);
    if (code !== undefined) process.exitCode = code;
  } catch (error) {
    // At once: open connections must not keep a failed command alive.
    process.exit(report(error));
  }
}

/** A reader such as `head` may close the pipe early. */
function leaveWithReader({ code }: NodeJS.ErrnoException): void {
  process.exit(code === 'EPIPE' ? EXIT.done : EXIT.failed);
}

function report(error: unknown): number {
  // commander has printed it.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof UsageError) return complain(`error: ${error.message}`, EXIT.usage);
  if (error instanceof ExpectedError) return complain(`error: ${error.message}`, EXIT.failed);
  return complain(`unexpected error: ${describeError(error)}`, EXIT.failed);
}

function complain(message: string, code: number): number {
  process.stderr.write(`${message}\n`);
  return code;
}
