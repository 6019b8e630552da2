import { loadConfiguration } from '#config/load.ts';
import { EXIT } from '#process/command.ts';
import { textColumns } from '../output/table.ts';
import { answerLines, openInput } from './lines.ts';
import { createJsonPreview, createReadablePreview } from './previews.ts';

interface PreviewFlags {
  readonly config?: string;
  /** Unix ms. */
  readonly now?: number;
  readonly json?: boolean;
  readonly readable?: boolean;
  readonly reveal?: boolean;
}

/**
 * Answers each line of the input.
 * @param file a path, or - for standard input
 */
export async function previewLines(
  file: string,
  { config, now, json, readable, reveal = false }: PreviewFlags,
): Promise<number> {
  const configuration = config === undefined ? null : await loadConfiguration(config, process.env);
  const context = { configuration, now: now ?? null, clock: Date.now };
  const input = await openInput(file === '-' ? null : file);
  if (!readable && (json || !process.stdout.isTTY)) {
    await answerLines(input, createJsonPreview(context), process.stdout);
    return EXIT.done;
  }
  const view = { reveal, columns: textColumns() };
  const { preview, summary } = createReadablePreview(context, view);
  await answerLines(input, preview, process.stdout);
  process.stdout.write(summary());
  return EXIT.done;
}
