import { open } from 'node:fs/promises';
import { ExpectedError } from '#config/errors.ts';

/** A file that dead letters are written to before they are thrown away. */
export interface Backup {
  /** Resolves when the disk has them. */
  write(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Readable by its owner alone, although what could be personal in it is sealed. */
const MODE = 0o600;

export function backupName(now: number): string {
  return `capi-relay-purged-${new Date(now).toISOString().replace(/[:.]/g, '-')}.ndjson`;
}

/** @throws ExpectedError when the file exists already or cannot be written */
export async function openBackup(file: string): Promise<Backup> {
  const handle = await open(file, 'wx', MODE).catch(({ code }: NodeJS.ErrnoException) => {
    const why = code === 'EEXIST' ? 'it exists already' : String(code);
    throw new ExpectedError(`${file} cannot be written (${why}): nothing was purged`);
  });
  return {
    async write(lines) {
      await handle.appendFile(lines.join(''));
      await handle.datasync();
    },
    close: () => handle.close(),
  };
}
