import type { SealingConfiguration } from '#config/configuration.ts';
import { sealerOf } from '#store/sealer-of.ts';
import { type Finding, ok } from './finding.ts';

const PROBE = Buffer.from('probe');

/** Whether what is sealed opens again; what else opens is one of the exposures. */
export function lookAtSealing(sealing: SealingConfiguration): readonly Finding[] {
  if (sealing === null) return [];
  const sealer = sealerOf(sealing);
  sealer.open(sealer.seal(PROBE, 'check'), 'check', null);
  const { currentKey, keys, acceptVersion1 } = sealing;
  const older = acceptVersion1 ? ', and values of version 1 too' : '';
  return [ok('sealing', `seals under key "${currentKey}", opens under ${keys.length}${older}`)];
}
