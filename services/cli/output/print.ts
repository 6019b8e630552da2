import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { UsageError } from '#config/errors.ts';
import { jsonText } from '#core/event/json-text.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';

/** Writes, and waits while the reader is slower. */
export async function print(text: string | Buffer, out: Writable = process.stdout): Promise<void> {
  if (!out.write(text)) await once(out, 'drain');
}

export function printJson(value: unknown): Promise<void> {
  return print(`${jsonText(value)}\n`);
}

/** Writes a result, as JSON if --json was given; resolves to the exit code. */
export async function printResult(
  { json }: { readonly json?: unknown },
  value: unknown,
  text: string,
): Promise<number> {
  await (json ? printJson(value) : print(text));
  return EXIT_CODES.done;
}

/**
 * Asks on the terminal, even when standard output is redirected.
 * @throws UsageError without a terminal, ExitError when the answer is ^C or ^D
 */
export async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw new UsageError('there is no terminal to ask on: add --yes');
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise((resolve, reject) => {
      const stop = (): void => reject(new ExitError(EXIT_CODES.interrupted, 'nothing was done'));
      asking.on('SIGINT', stop).on('close', stop);
      asking.question(question, (answer) => resolve(answer.trim()));
    });
  } finally {
    asking.close();
  }
}

/** Asks a question whose answer is yes or no. @throws ExitError with `refusal` unless it is yes */
export async function confirm(question: string, refusal: string): Promise<void> {
  if (/^y(es)?$/i.test(await ask(`${question} [y/N] `))) return;
  throw new ExitError(EXIT_CODES.refused, refusal);
}
