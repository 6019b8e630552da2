import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** The path of a file or folder of this repository, such as the entry of a command. */
export function inRepository(path: string): string {
  return join(ROOT, path);
}
