import { sealerOf } from '#queue/sealer-of.ts';
import type { SealingConfiguration } from '#runtime/configuration/configuration.ts';
import { type Finding, ok, warning } from './finding.ts';

const PROBE = Buffer.from('probe');

/** Whether what is sealed opens again, and whether only that opens. */
export function lookAtSealing(sealing: SealingConfiguration): readonly Finding[] {
  if (sealing === null) {
    const mend = 'configure sealing.keys before anything real is sent';
    return [warning('sealing', 'is off: personal data is readable in Redis', mend)];
  }
  const sealer = sealerOf(sealing);
  sealer.open(sealer.seal(PROBE, 'check'), 'check', null);
  const { currentKey, keys, acceptUnsealed, acceptVersion1 } = sealing;
  const older = acceptVersion1 ? ', and values of version 1 too' : '';
  const works = ok(
    'sealing',
    `seals under key "${currentKey}", opens under ${keys.length}${older}`,
  );
  return acceptUnsealed ? [works, ACCEPTS_UNSEALED] : [works];
}

const ACCEPTS_UNSEALED = warning(
  'sealing',
  'takes what is not sealed too: anyone who can write to Redis can have events sent',
  'remove sealing.acceptUnsealed as soon as what was written with sealing off is worked off',
);
