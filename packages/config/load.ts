import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { type Completed, complete } from './complete.ts';
import type { Configuration } from './configuration.ts';
import { conform } from './conform.ts';
import { type Environment, override, substitute } from './environment.ts';
import { addIssues } from './issues.ts';
import { judgeTogether } from './judge.ts';
import { type Parts, soundParts } from './parts.ts';
import { ConfigurationError, type Problem } from './problem.ts';
import { Problems } from './problems.ts';
import { lonePixelSettings } from './schema/pixel.ts';
import { type ConfigurationFile, fileSchema } from './schema.ts';
import { SecretReader } from './secrets.ts';
import { readSource, type Source } from './source.ts';

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
      { path: '--config', message: 'no configuration file is named', mend, line: null },
    ]);
  }
  const file = resolve(path);
  const source = await readSource(path, file);
  const problems = new Problems((place) => source.lineOf(place));
  const secrets = new SecretReader(dirname(file), problems);
  const { whole, parts } = check(source, env, problems);
  const completed = await complete(parts, secrets, problems);
  judgeTogether(parts, problems);
  const files = [file, ...secrets.files];
  if (whole === null || !problems.none) throw new ConfigurationError(path, problems.list(), files);
  // Without a problem no part is missing.
  return { ...whole, ...(completed as Completed), renamed: source.renamed, files };
}

interface Checked {
  /** Null when something in it is wrong. */
  readonly whole: ConfigurationFile | null;
  readonly parts: Parts;
}

function check(source: Source, env: Environment, problems: Problems): Checked {
  const { value, fromEnvironment } = substitute(source.value ?? {}, env, problems);
  const raw = override(value, env);
  let checked = fileSchema.safeParse(raw);
  if (!checked.success && conform(raw, checked.error, fromEnvironment)) {
    checked = fileSchema.safeParse(raw);
  }
  if (checked.success) return { whole: checked.data, parts: checked.data };
  addIssues(checked.error, fileSchema, raw, problems);
  return { whole: null, parts: soundParts(raw) };
}

export type ParsedPixelSettings =
  | { readonly ok: true; readonly settings: z.infer<typeof lonePixelSettings> }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * The settings of one pixel alone, with their defaults. Its id is "0" where none is given; a token
 * and what else concerns delivery may be there and is left out.
 */
export function parsePixelSettings(input: unknown): ParsedPixelSettings {
  const checked = lonePixelSettings.safeParse(input);
  if (checked.success) return { ok: true, settings: checked.data };
  const problems = new Problems();
  addIssues(checked.error, lonePixelSettings, input, problems);
  return { ok: false, problems: problems.list() };
}
