import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { formatCount } from '#core/text/format.ts';
import { ExpectedError, UsageError } from '#process/command.ts';
import { importLetters } from '#store/dead-letters/import.ts';
import { type LetterLine, readLine } from '#store/dead-letters/line.ts';
import type { Sealer } from '#store/sealing.ts';
import { sealerOf } from '#store/sealing.ts';
import { EXIT_CODES, EXIT_CODES_HELP, ExitError } from '../exit-codes.ts';
import { print, printJson } from './print.ts';
import { accountOf, addAccount } from './selection.ts';
import { withStore } from './store.ts';
import { createSubcommand, type Subcommand } from './subcommand.ts';

const EXAMPLE = `capi-relay dead-letters import invalid.ndjson --config capi-relay.yaml
capi-relay dead-letters export --sealed --config one.yaml \\
  | capi-relay dead-letters import - --config other.yaml`;

const SUMMARY = 'Takes in what purge wrote, or export --sealed.';
/** Lines that are taken in together, and bytes of their contents at which fewer are. */
const AT_ONCE = 250;
const BYTES_AT_ONCE = 16 * 1024 * 1024;

/** The lines of a file that can be taken in, some at a time; the others are told of. */
class Lines {
  bad = 0;
  private readonly file: string;
  private readonly sealer: Sealer;

  constructor(file: string, sealer: Sealer) {
    this.file = file;
    this.sealer = sealer;
  }

  async *parts(): AsyncGenerator<LetterLine[]> {
    const input = this.file === '-' ? process.stdin : createReadStream(this.file);
    let part: LetterLine[] = [];
    let [at, bytes] = [0, 0];
    try {
      for await (const text of createInterface({ input })) {
        at += 1;
        if (text.trim() === '') continue;
        const line = readLine(text, this.sealer);
        if (typeof line === 'string') this.complain(at, line);
        else {
          part.push(line);
          bytes += line.content.length;
        }
        if (part.length < AT_ONCE && bytes < BYTES_AT_ONCE) continue;
        yield part;
        [part, bytes] = [[], 0];
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined || !code.startsWith('E')) throw error;
      throw new ExpectedError(`${this.file} cannot be read (${code ?? message})`);
    }
    if (part.length > 0) yield part;
  }

  private complain(at: number, problem: string): void {
    this.bad += 1;
    process.stderr.write(`line ${at}: ${problem}\n`);
  }
}

export const importing: Subcommand = {
  command: addAccount(createSubcommand('import', SUMMARY, EXAMPLE))
    .argument('<file>', 'JSON lines; - for standard input')
    .option(
      '--json',
      'print the result as JSON: {"imported": 5, "known": 0, "expired": 0, "bad": 0}',
    )
    .addHelpText('after', EXIT_CODES_HELP),
  run: async (configuration, flags, [file = '', ...more]) => {
    if (more.length > 0) throw new UsageError('import takes one file');
    const sealer = sealerOf(configuration.sealing);
    const lines = new Lines(file, sealer);
    const { imported, known, expired } = await withStore(configuration, (store) =>
      importLetters(lines.parts(), accountOf(flags), store, sealer),
    );
    const { bad } = lines;
    const words = [`${formatCount(imported)} dead letters imported.`];
    if (known > 0) words.push(`${formatCount(known)} are here already, or were.`);
    if (expired > 0) words.push(`${formatCount(expired)} died too long ago to be sent.`);
    if (bad > 0) words.push(`${formatCount(bad)} lines could not be read.`);
    await (flags['json']
      ? printJson({ imported, known, expired, bad })
      : print(`${words.join(' ')}\n`));
    if (bad > 0) return EXIT_CODES.incomplete;
    if (imported === 0) throw new ExitError(EXIT_CODES.nothingMatched, 'nothing was imported');
    return EXIT_CODES.done;
  },
};
