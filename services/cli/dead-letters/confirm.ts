import { createInterface } from 'node:readline';
import { UsageError } from '#process/command.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';

/**
 * Asks on the terminal, whatever standard output is used for.
 * @throws UsageError when there is no terminal to ask at, ExitError when the answer is ^C or ^D
 */
export async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw new UsageError('without a terminal to ask at, --yes is needed');
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
