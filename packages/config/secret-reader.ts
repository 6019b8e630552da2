import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { KeyPath, Problems } from './problems.ts';

/** A mapping that gives a secret: its value, or the name of a file that holds it. */
type Giving<Name extends string> = {
  readonly [key in Name | `${Name}File`]?: string | undefined;
};

/** Reads secrets from the configuration or from files, and remembers which files they came from. */
export class SecretReader {
  readonly files: string[] = [];
  private readonly folder: string;
  private readonly problems: Problems;

  /** @param folder of the configuration file; relative paths start here */
  constructor(folder: string, problems: Problems) {
    this.folder = folder;
    this.problems = problems;
  }

  /**
   * The secret, or an empty string and a problem.
   * @param name of the key; the file is named by `<name>File`
   */
  async read<Name extends string>(path: KeyPath, name: Name, from: Giving<Name>): Promise<string> {
    const value: string | undefined = from[name];
    const file: string | undefined = from[`${name}File`];
    const add = (message: string, verb: string): void =>
      this.problems.add([...path, name], message, `${verb} ${name} or ${name}File`);
    if (value === undefined && file !== undefined) {
      return this.readFile([...path, `${name}File`], file);
    }
    if (value === undefined) add('is missing', 'set');
    if (file === undefined) return value ?? '';
    add('is given twice', 'keep');
    return '';
  }

  /** Where a file is that the configuration names. */
  locate(file: string): string {
    return resolve(this.folder, file);
  }

  /** The text of a file without the whitespace at its end, or an empty string and a problem. */
  async readFile(path: KeyPath, file: string): Promise<string> {
    const found = this.locate(file);
    if (!this.files.includes(found)) this.files.push(found);
    try {
      const text = (await readFile(found, 'utf8')).trimEnd();
      if (text !== '') return text;
      this.problems.add(path, 'names a file that is empty', 'write the secret into it');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'that does not exist' : `that cannot be read (${code})`;
      // Without the name: a user who confuses the two keys writes the secret here.
      this.problems.add(path, `names a file ${why}`, 'name a file that this process can read');
    }
    return '';
  }
}
