import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { complete } from './complete.ts';
import type { Configuration } from './configuration.ts';
import { type Environment, override, substitute } from './environment.ts';
import { problemsOf } from './issues.ts';
import { pixelSettingsSchema } from './pixel-schema.ts';
import { ConfigurationError, type Problem } from './problem.ts';
import { fileSchema } from './schema.ts';

/**
 * Reads the configuration file (YAML or JSON) with the environment into a complete configuration.
 * @throws ConfigurationError that lists every problem with its path and mend
 */
export async function loadConfiguration(
  path: string | undefined,
  env: Environment,
): Promise<Configuration> {
  if (path === undefined || path === '') {
    const mend = 'use --config FILE or CAPI_RELAY_CONFIG; deploy/capi-relay.sample.yaml is one';
    throw new ConfigurationError('the command line', [
      { path: '--config', message: 'no configuration file is named', mend },
    ]);
  }
  const file = resolve(path);
  const problems: Problem[] = [];
  const raw = override(substitute(await parse(path, file), env, problems), env);
  const checked = fileSchema.safeParse(raw);
  if (!checked.success) problems.push(...problemsOf(checked.error, fileSchema));
  if (!checked.success) throw new ConfigurationError(path, unique(problems));
  const configuration = await complete(checked.data, { file, folder: dirname(file), problems });
  if (problems.length > 0) throw new ConfigurationError(path, unique(problems));
  return configuration;
}

async function parse(path: string, file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`;
    throw new ConfigurationError(path, [{ path: 'the file', message, mend: 'name another file' }]);
  }
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ code, linePos }) => ({
      path: `line ${linePos?.[0].line ?? '?'}`,
      message: `is not YAML (${code.toLowerCase().replaceAll('_', ' ')})`,
      mend: 'mend the line, or the one before it',
    }));
    throw new ConfigurationError(path, problems);
  }
  return document.toJS();
}

function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((each) => [`${each.path} ${each.message}`, each])).values()];
}

export type ParsedPixelSettings =
  | { readonly ok: true; readonly settings: z.infer<typeof pixelSettingsSchema> }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The settings of one pixel alone, with their defaults; a token is tolerated and not needed. */
export function parsePixelSettings(input: unknown): ParsedPixelSettings {
  const checked = pixelSettingsSchema.safeParse(input);
  if (checked.success) return { ok: true, settings: checked.data };
  return { ok: false, problems: problemsOf(checked.error, pixelSettingsSchema) };
}
