import { readFile } from 'node:fs/promises';
import { UsageError } from '#config/errors.ts';
import { decodeText } from '#config/text-encoding.ts';
import { plural } from '#core/text/format.ts';
import { EXIT } from '#process/command.ts';
import { printResult } from '../../output/print.ts';
import { printable, wrapped } from '../../output/text.ts';
import type { InitFlags } from '../flags.ts';
import { writeNew } from '../new-files.ts';
import { configurationText, variablesOf } from './configuration-text.ts';
import type { ImportResult } from './import-result.ts';
import { importFromRudderstack } from './rudderstack.ts';
import { importFromSegment } from './segment.ts';

/** A platform whose settings are understood, and what its files are. */
interface Platform {
  readonly read: (files: readonly unknown[]) => ImportResult;
  readonly wanted: string;
}

const PLATFORMS: Readonly<Record<'segment' | 'rudderstack', Platform>> = {
  segment: {
    read: importFromSegment,
    wanted: 'a destination “Facebook Conversions API” as the Public API returns it',
  },
  rudderstack: {
    read: importFromRudderstack,
    wanted: 'a destination “Facebook Conversions” with its config',
  },
};

const MOST_BYTES = 16 * 1024 * 1024;
const COLUMNS = 90;

/** The content of a file; errors name the file and never quote it, because it may hold a token. */
async function readJson(file: string): Promise<unknown> {
  const bytes = await readFile(file).catch(({ code }: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${code}): name a JSON file`);
  });
  if (bytes.length > MOST_BYTES) throw new UsageError(`${file} is larger than 16 MiB`);
  try {
    const value: unknown = JSON.parse(decodeText(bytes));
    return value;
  } catch {
    throw new UsageError(`${file} is not JSON: export the settings again`);
  }
}

/** What was carried over, what was not, and what to do next. */
function report(file: string, { pixels, skipped }: ImportResult): string {
  const lines = [`Wrote ${file} with ${plural(pixels.length, 'pixel')}.\n`];
  const note = (key: string, why: string) => wrapped(`${printable(key)}: ${why}`, COLUMNS, '    ');
  for (const { pixelId, title, settings, notCarried } of pixels) {
    lines.push(`\nPixel ${pixelId}, from ${printable(title)}\n`);
    lines.push(wrapped(`carried over: ${Object.keys(settings).join(', ')}`, COLUMNS, '  '));
    if (notCarried.length > 0) lines.push('  not carried over:\n');
    lines.push(...notCarried.map(({ key, why }) => note(key, printable(why))));
  }
  if (skipped.length > 0) lines.push('\nSkipped\n');
  lines.push(...skipped.map(({ key, why }) => note(key, why)));
  lines.push('\nSet these variables, and kafka.topics in the file:\n');
  lines.push(...variablesOf(pixels).map(({ name, meaning }) => `  ${name}  ${meaning}\n`));
  lines.push(`\nThen: capi-relay check --config ${file}\n`);
  return lines.join('');
}

/** Writes a configuration from the settings in these files; resolves to the exit code. */
export async function moveIn(
  paths: readonly string[],
  from: keyof typeof PLATFORMS,
  { out, force = false, json }: InitFlags,
): Promise<number> {
  const files = await Promise.all(paths.map(readJson));
  const found = PLATFORMS[from].read(files);
  if (found.pixels.length === 0) {
    const seen = found.skipped.map(({ key, why }) => `\n  ${printable(key)}: ${why}`).join('');
    throw new UsageError(`no pixel in these files: they need ${PLATFORMS[from].wanted}${seen}`);
  }
  await writeNew(out, configurationText(from, found.pixels, found.skipped), force);
  const variables = variablesOf(found.pixels).map(({ name }) => name);
  await printResult({ json }, { file: out, ...found, variables }, report(out, found));
  return EXIT.done;
}
