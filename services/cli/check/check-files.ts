import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SealingConfiguration } from '#config/configuration.ts';
import { sealerOf } from '#store/sealing.ts';
import { type Finding, ok, warning } from './finding.ts';

const READ_BY_OTHERS = 0o004;

/** Whether other users of this machine may read the files that hold secrets. */
export async function checkSecrets(files: readonly string[]): Promise<readonly Finding[]> {
  if (files.length === 0) return [];
  const modes = await Promise.all(files.map(async (file) => (await stat(file)).mode));
  const open = files.filter((_, index) => ((modes[index] ?? 0) & READ_BY_OTHERS) !== 0);
  if (open.length === 0) return [ok('secrets', 'no other user may read their files')];
  const names = open.map((file) => basename(file)).join(', ');
  return [warning('secrets', `every user of this machine may read ${names}`, 'chmod o-r them')];
}

const PROBE = Buffer.from('probe');

/** Whether a sealed value opens again; what else opens is among the exposures. */
export function checkSealing(sealing: SealingConfiguration): readonly Finding[] {
  if (sealing === null) return [];
  const sealer = sealerOf(sealing);
  sealer.open(sealer.seal(PROBE, 'check'), 'check', null);
  const { currentKey, keys, acceptVersion1 } = sealing;
  const older = acceptVersion1 ? ', and values of version 1 too' : '';
  return [ok('sealing', `seals under key "${currentKey}", opens under ${keys.length}${older}`)];
}
