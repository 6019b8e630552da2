import { EXIT, runCommand } from '#runtime/command.ts';
import { loadConfiguration } from '#runtime/configuration/load.ts';
import { previewCommand, readFlags } from './flags.ts';
import { createJsonPreview } from './json-preview.ts';
import { answerLines, openInput } from './lines.ts';
import { createReadablePreview } from './readable-preview.ts';

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
  const preview = options.readable
    ? createReadablePreview(context, options.reveal)
    : createJsonPreview(context);
  await answerLines(await openInput(options.file), preview, process.stdout);
  return EXIT.done;
});
