import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Problem } from './problem.ts';

/** Reads secrets that are given here or in a file, and remembers which files they came from. */
export class SecretReader {
  readonly files: string[] = [];
  private readonly folder: string;
  private readonly problems: Problem[];

  /** @param folder what relative paths are relative to: the folder of the configuration file */
  constructor(folder: string, problems: Problem[]) {
    this.folder = folder;
    this.problems = problems;
  }

  /** The secret, or an empty string and a problem. */
  async read(
    path: string,
    name: string,
    secret: { value?: string; file?: string },
  ): Promise<string> {
    const { value, file } = secret;
    if (value !== undefined && file !== undefined) {
      const message = `both ${name} and ${name}File are given`;
      this.problems.push({ path, message, mend: 'keep one of them' });
    } else if (value !== undefined) {
      return value;
    } else if (file !== undefined) {
      return this.readText(`${path}.${name}File`, file);
    } else {
      this.problems.push({
        path,
        message: `${name} is missing`,
        mend: `give ${name} or ${name}File`,
      });
    }
    return '';
  }

  /** The text of a file without the line break at its end, or an empty string and a problem. */
  async readText(path: string, file: string): Promise<string> {
    const found = resolve(this.folder, file);
    this.files.push(found);
    try {
      const text = (await readFile(found, 'utf8')).replace(/\r?\n$/, '');
      if (text !== '') return text;
      this.problems.push({
        path,
        message: 'the file is empty',
        mend: `write the secret into ${file}`,
      });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const message = `cannot be read (${code})`;
      this.problems.push({ path, message, mend: `make ${file} readable, or name another file` });
    }
    return '';
  }
}
