import { randomBytes } from 'node:crypto';
import { access, chmod, readFile, writeFile } from 'node:fs/promises';
import { ExpectedError, UsageError } from '#config/errors.ts';

/** Only its owner may read it. */
const SECRET = 0o600;

/** @throws UsageError where the file exists, unless it may be overwritten */
export async function refuseExisting(file: string, force: boolean): Promise<void> {
  if (force) return;
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) throw existing(file);
}

function existing(file: string): UsageError {
  return new UsageError(`${file} exists: add --force to overwrite it, or name another with --out`);
}

/** Writes a configuration file, and overwrites one only where that is allowed. */
export async function writeNew(file: string, text: string, force: boolean): Promise<void> {
  await write(file, text, { flag: force ? 'w' : 'wx' });
}

/** Writes a file that only its owner may read. */
export async function writeSecret(file: string, text: string, force: boolean): Promise<void> {
  await write(file, `${text}\n`, { flag: force ? 'w' : 'wx', mode: SECRET });
  // One that is overwritten keeps its mode.
  if (force) await chmod(file, SECRET);
}

async function write(
  file: string,
  text: string,
  options: { readonly flag: string; readonly mode?: number },
): Promise<void> {
  try {
    await writeFile(file, text, options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw existing(file);
    throw new ExpectedError(
      `${file} cannot be written (${code}): check the folder and its permissions`,
    );
  }
}

const KEY_BYTES = 32;

/**
 * Makes a sealing key. One that exists is kept, whatever else is overwritten: without it, nothing that
 * it sealed could be opened again.
 * @returns whether it is new
 * @throws UsageError where the file holds something else
 */
export async function ensureSealingKey(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new UsageError(`${file} cannot be read (${error.code}): name another with --key-file`);
  });
  if (text === null) {
    await writeSecret(file, randomBytes(KEY_BYTES).toString('base64'), false);
    return true;
  }
  const key = text.trim();
  const isKey = /^[0-9a-f]{64}$/i.test(key) || Buffer.from(key, 'base64').length === KEY_BYTES;
  if (isKey) return false;
  throw new UsageError(`${file} exists and holds no sealing key: name another with --key-file`);
}
