import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { Configuration } from './configuration.ts';
import { crossChecks } from './cross-checks.ts';
import { defaultFile } from './default-file.ts';
import { coerce, type Environment, override, substitute } from './environment.ts';
import { addIssues } from './issues.ts';
import { ConfigurationError, type Problem, Problems } from './problems.ts';
import { type Resolved, resolveSecrets } from './resolve-secrets.ts';
import {
  type ConfigurationFile,
  fileSchema,
  sendingSchema,
  type ValidSections,
  validSections,
} from './schema/configuration-file.ts';
import { lonePixelSettings } from './schema/pixel.ts';
import { SecretReader } from './secret-reader.ts';
import { type ConfigurationSource, readSource } from './source.ts';

/**
 * Reads the configuration file (YAML or JSON) with the environment into a complete configuration.
 * @param path undefined or empty for the one of this folder
 * @throws ConfigurationError that lists every problem with its path and a fix
 */
export async function loadConfiguration(
  path: string | undefined,
  env: Environment,
): Promise<Configuration> {
  const name = path || defaultFile(process.cwd());
  const file = resolve(name);
  return complete(await readSource(name, file), { name, file, env });
}

/**
 * A configuration that no file holds yet, complete as if it were read from one.
 * @param file where it is to be; the files that it names are relative to its folder
 * @throws ConfigurationError that lists every problem
 */
export function loadUnwritten(value: object, file: string): Promise<Configuration> {
  const source = { value, renamed: [], lineOf: () => null };
  return complete(source, { name: 'the new configuration', file: resolve(file), env: {} });
}

async function complete(
  source: ConfigurationSource,
  { name, file, env }: { readonly name: string; readonly file: string; readonly env: Environment },
): Promise<Configuration> {
  const problems = new Problems((each) => source.lineOf(each));
  const secrets = new SecretReader(dirname(file), problems);
  const { whole, sections } = validate(source, env, problems);
  const resolved = await resolveSecrets(sections, secrets, problems);
  crossChecks(sections, problems);
  const files = [file, ...secrets.files];
  if (whole === null || !problems.none) throw new ConfigurationError(name, problems.list(), files);
  // Without a problem no section is missing.
  return { ...whole, ...(resolved as Resolved), renamed: source.renamed, files };
}

/**
 * The configuration of one pixel alone, without a file: what the command line gives of it, and the
 * defaults for the rest.
 * @throws ConfigurationError that lists every problem
 */
export async function loadPixel(
  given: Readonly<Record<string, unknown>>,
  env: Environment,
): Promise<Pick<Configuration, 'graphApi' | 'pixels'>> {
  const raw = override({ pixels: [given] }, env);
  const problems = new Problems(() => null);
  const parsed = sendingSchema.safeParse(raw);
  if (!parsed.success) addIssues(parsed.error, sendingSchema, raw, problems);
  const sections = parsed.data ?? { pixels: [] };
  const { pixels } = await resolveSecrets(sections, new SecretReader('', problems), problems);
  crossChecks(sections, problems);
  if (!parsed.success || !problems.none) {
    const named = problems
      .list()
      .map((each) => ({ ...each, path: each.path.replace('pixels[0].', '') }));
    throw new ConfigurationError('the command line', named);
  }
  return { graphApi: parsed.data.graphApi, pixels: pixels ?? [] };
}

/** The whole is null when something in it is wrong. */
function validate(
  source: ConfigurationSource,
  env: Environment,
  problems: Problems,
): { whole: ConfigurationFile | null; sections: ValidSections } {
  const { value, fromEnvironment } = substitute(source.value ?? {}, env, problems);
  const raw = override(value, env);
  let parsed = fileSchema.safeParse(raw);
  if (!parsed.success && coerce(raw, parsed.error, fromEnvironment)) {
    parsed = fileSchema.safeParse(raw);
  }
  if (parsed.success) return { whole: parsed.data, sections: parsed.data };
  addIssues(parsed.error, fileSchema, raw, problems);
  return { whole: null, sections: validSections(raw) };
}

export type ParsedPixelSettings =
  | { readonly ok: true; readonly settings: z.infer<typeof lonePixelSettings> }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * The settings of one pixel alone, with their defaults. Its id is "0" where none is given; a token
 * and other keys of delivery are allowed and left out.
 */
export function parsePixelSettings(input: unknown): ParsedPixelSettings {
  const parsed = lonePixelSettings.safeParse(input);
  if (parsed.success) return { ok: true, settings: parsed.data };
  const problems = new Problems();
  addIssues(parsed.error, lonePixelSettings, input, problems);
  return { ok: false, problems: problems.list() };
}
