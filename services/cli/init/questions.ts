import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { ask } from '../output/print.ts';

/** How a question is put, and what is wrong with an answer; null where nothing is. */
interface Question {
  readonly words: string;
  /** What an empty answer means; null where there must be one. */
  readonly otherwise: string | null;
  readonly problemWith: (answer: string) => Promise<string | null> | string | null;
}

/** Asks until the answer is right. */
export async function askUntilRight({ words, otherwise, problemWith }: Question): Promise<string> {
  const shown = otherwise === null || otherwise === '' ? '' : ` [${otherwise}]`;
  for (;;) {
    const answer = (await ask(`${words}${shown}: `)) || otherwise;
    const problem = answer === null ? 'is needed' : await problemWith(answer);
    if (answer !== null && problem === null) return answer;
    process.stderr.write(`  ${problem}\n`);
  }
}

/** Asks for what the terminal must not show; the answer may be empty. */
export async function askSecret(
  words: string,
  problemWith: (answer: string) => string | null,
): Promise<string> {
  for (;;) {
    const answer = await readHidden(`${words}: `);
    const problem = answer === '' ? null : problemWith(answer);
    if (problem === null) return answer;
    process.stderr.write(`  ${problem}\n`);
  }
}

async function readHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reading = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      const stop = (): void => reject(new ExitError(EXIT_CODES.interrupted, 'nothing was done'));
      reading.on('SIGINT', stop).on('close', stop);
      reading.on('line', (line) => resolve(line.trim()));
    });
  } finally {
    reading.close();
    process.stderr.write('\n');
  }
}
