import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { ExpectedError } from '#config/errors.ts';
import { formatCount, plural } from '#core/text/format.ts';
import { importLetters } from '#store/dead-letters/import.ts';
import { type LetterLine, readLine } from '#store/dead-letters/line.ts';
import type { Sealer } from '#store/sealing.ts';
import type { ActionContext } from '../action.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { printResult } from '../output/print.ts';

/** Limits of one batch: lines, and bytes of their contents. */
const BATCH_LINES = 250;
const BATCH_BYTES = 16 * 1024 * 1024;

/** The lines of a file that can be imported, in batches; the others are reported to `onBad`. */
async function* readBatches(
  file: string,
  sealer: Sealer,
  onBad: (line: number, problem: string) => void,
): AsyncGenerator<LetterLine[]> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  let batch: LetterLine[] = [];
  let [at, bytes] = [0, 0];
  try {
    for await (const text of createInterface({ input })) {
      at += 1;
      if (text.trim() === '') continue;
      const line = readLine(text, sealer);
      if (typeof line === 'string') onBad(at, line);
      else {
        batch.push(line);
        bytes += line.content.length;
      }
      if (batch.length < BATCH_LINES && bytes < BATCH_BYTES) continue;
      yield batch;
      [batch, bytes] = [[], 0];
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !code.startsWith('E')) throw error;
    throw new ExpectedError(`${file} cannot be read (${code})`);
  }
  if (batch.length > 0) yield batch;
}

/** Imports the lines of a file. */
export async function importFile({
  store,
  account,
  flags,
  args: [file = ''],
}: ActionContext): Promise<number> {
  let bad = 0;
  const batches = readBatches(file, store.sealer, (line, problem) => {
    bad += 1;
    process.stderr.write(`line ${line}: ${problem}\n`);
  });
  const { imported, known, expired } = await importLetters(batches, account, store);
  const sentences = [`${plural(imported, 'dead letter')} imported.`];
  if (known > 0) sentences.push(`${formatCount(known)} had been here before.`);
  if (expired > 0) sentences.push(`${formatCount(expired)} have expired.`);
  if (bad > 0) sentences.push(`${plural(bad, 'line')} could not be read.`);
  await printResult(flags, { imported, known, expired, bad }, `${sentences.join(' ')}\n`);
  if (bad > 0) return EXIT_CODES.incomplete;
  if (imported === 0) throw new ExitError(EXIT_CODES.nothingMatched, 'nothing was imported');
  return EXIT_CODES.done;
}
