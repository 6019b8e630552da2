import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Finding, ok, warning } from './finding.ts';

const READ_BY_OTHERS = 0o004;

/** Whether the files that hold secrets are closed to other users of the machine. */
export async function lookAtSecrets(files: readonly string[]): Promise<readonly Finding[]> {
  if (files.length === 0) return [];
  const modes = await Promise.all(files.map(async (file) => (await stat(file)).mode));
  const open = files.filter((_, index) => ((modes[index] ?? 0) & READ_BY_OTHERS) !== 0);
  if (open.length === 0) return [ok('secrets', 'their files are closed to other users')];
  const names = open.map((file) => basename(file)).join(', ');
  return [warning('secrets', `every user of this machine may read ${names}`, 'chmod o-r them')];
}
