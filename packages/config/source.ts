import { readFile } from 'node:fs/promises';
import { readJson, type WrittenValue } from './json-source.ts';
import { ConfigurationError } from './problems.ts';
import { decodeText } from './text-encoding.ts';

/** A configuration file as written. */
export interface ConfigurationSource extends WrittenValue {
  /** The sections that it names as an earlier release did; `value` has their new names. */
  readonly renamed: readonly RenamedSection[];
}

export interface RenamedSection {
  readonly from: string;
  readonly to: string;
}

const RENAMED: readonly RenamedSection[] = [{ from: 'console', to: 'control' }];

/**
 * Reads YAML, and so JSON.
 * @param name of the file as the user gave it
 * @throws ConfigurationError when there is no such file, or it is neither
 */
export async function readSource(name: string, file: string): Promise<ConfigurationSource> {
  const text = await read(name, file);
  const written = readJson(text) ?? (await import('./yaml-source.ts')).readYaml(name, file, text);
  const top = written.value;
  if (typeof top !== 'object' || top === null || Array.isArray(top)) {
    return { ...written, renamed: [] };
  }
  // Where both names are there, the old one stays and is refused.
  const renamed = RENAMED.filter(
    ({ from, to }) => Object.hasOwn(top, from) && !Object.hasOwn(top, to),
  );
  const newName = (key: string) => renamed.find(({ from }) => from === key)?.to ?? key;
  const oldName = (key: PropertyKey) => renamed.find(({ to }) => to === key)?.from ?? key;
  return {
    renamed,
    value: Object.fromEntries(Object.entries(top).map(([key, value]) => [newName(key), value])),
    lineOf: ([section, ...rest]) =>
      written.lineOf(section === undefined ? [] : [oldName(section), ...rest]),
  };
}

async function read(name: string, file: string): Promise<string> {
  const refuse = (message: string, fix: string): never => {
    throw new ConfigurationError(name, [{ path: 'the file', message, fix, line: null }], [file]);
  };
  const bytes = await readFile(file).catch(({ code }: NodeJS.ErrnoException) => {
    const message = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    return refuse(message, 'name another file with --config or CAPI_RELAY_CONFIG');
  });
  const text = decodeText(bytes);
  if (text.includes('\0')) refuse('is no text in UTF-8', 'save it as UTF-8');
  return text;
}
