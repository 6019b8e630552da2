import { loadConfiguration } from '#config/load.ts';
import { EXIT, runCommand } from '#process/command.ts';
import { previewCommand, readFlags } from './flags.ts';
import { createJsonPreview } from './json-preview.ts';
import { answerLines, openInput } from './lines.ts';
import { createReadablePreview } from './readable-preview.ts';

/** Columns: of the narrowest terminal that is written for, and of a page where there is none. */
const NARROWEST = 40;
const WITHOUT_TERMINAL = 120;

/** Who reads what is printed may have seen enough, as `head` does. */
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  process.exit(code === 'EPIPE' ? EXIT.done : EXIT.failed);
});

await runCommand(previewCommand(), async (flags, command) => {
  const options = readFlags(flags, command.args, process.stdout.isTTY === true);
  const { configFile } = options;
  const configuration =
    configFile === null ? null : await loadConfiguration(configFile, process.env);
  const context = { configuration, now: options.now, clock: Date.now };
  const input = await openInput(options.file);
  if (!options.readable) {
    await answerLines(input, createJsonPreview(context), process.stdout);
    return EXIT.done;
  }
  const { reveal } = options;
  const columns = Math.max(NARROWEST, process.stdout.columns ?? WITHOUT_TERMINAL);
  const { preview, summary } = createReadablePreview(context, { reveal, columns });
  await answerLines(input, preview, process.stdout);
  process.stdout.write(summary());
  return EXIT.done;
});
