import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '#test/support/in-repository.ts';

export const UNITS_FOLDER = inRepository('deploy/systemd');

/** The port for which the template of the worker is tried. */
const INSTANCE = '9102';

/** A unit as it is started: its name, its text, and its settings. */
export interface Unit {
  readonly name: string;
  readonly text: string;
  /** Key → its values, in the order in which they are written. */
  readonly settings: ReadonlyMap<string, readonly string[]>;
}

/** Every service, with an instance for a template. */
export const UNITS: readonly Unit[] = readdirSync(UNITS_FOLDER)
  .filter((name) => name.endsWith('.service'))
  .map((file) => {
    const text = readFileSync(join(UNITS_FOLDER, file), 'utf8').replaceAll('%i', INSTANCE);
    return { name: file.replace('@.', `@${INSTANCE}.`), text, settings: settingsOf(text) };
  });

function settingsOf(text: string): Map<string, string[]> {
  const settings = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [key = '', ...rest] = line.split('=');
    if (rest.length === 0 || line.startsWith('#')) continue;
    settings.set(key, [...(settings.get(key) ?? []), rest.join('=')]);
  }
  return settings;
}
