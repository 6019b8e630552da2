import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Place } from './place.ts';
import type { Problems } from './problems.ts';

/** A secret as the file gives it: as it is, or by the name of a file that holds it. */
export interface GivenSecret {
  readonly value: string | undefined;
  readonly file: string | undefined;
}

/** Reads secrets that are given here or in a file, and remembers which files they came from. */
export class SecretReader {
  readonly files: string[] = [];
  private readonly folder: string;
  private readonly problems: Problems;

  /** @param folder what relative paths are relative to: the folder of the configuration file */
  constructor(folder: string, problems: Problems) {
    this.folder = folder;
    this.problems = problems;
  }

  /**
   * The secret, or an empty string and a problem.
   * @param name of the key beside which `<name>File` stands
   */
  async read(place: Place, name: string, { value, file }: GivenSecret): Promise<string> {
    if (file === undefined) {
      if (value === undefined) this.complain(place, name, 'is missing', 'give');
      return value ?? '';
    }
    if (value === undefined) return this.readText([...place, `${name}File`], file);
    this.complain(place, name, 'is given twice', 'keep');
    return '';
  }

  private complain(place: Place, name: string, message: string, mend: string): void {
    this.problems.add([...place, name], message, `${mend} ${name} or ${name}File`);
  }

  /** The text of a file without the line break at its end, or an empty string and a problem. */
  async readText(place: Place, file: string): Promise<string> {
    const found = resolve(this.folder, file);
    this.files.push(found);
    try {
      const text = (await readFile(found, 'utf8')).trimEnd();
      if (text !== '') return text;
      this.problems.add(place, 'names a file that is empty', 'write the secret into it');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'that does not exist' : `that cannot be read (${code})`;
      // The name is not repeated: who mistakes this key for the other one writes the secret here.
      this.problems.add(place, `names a file ${why}`, 'name one that this process may read');
    }
    return '';
  }
}
