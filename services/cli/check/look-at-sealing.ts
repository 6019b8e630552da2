import { sealerOf } from '#queue/sealer-of.ts';
import type { SealingConfiguration } from '#runtime/configuration/configuration.ts';
import { type Finding, ok, warning } from './finding.ts';

const PROBE = Buffer.from('probe');

/** Whether what is sealed opens again. */
export function lookAtSealing(sealing: SealingConfiguration): Finding {
  if (sealing === null) {
    const mend = 'configure sealing.keys before anything real is sent';
    return warning('sealing', 'is off: personal data is readable in Redis', mend);
  }
  const sealer = sealerOf(sealing);
  sealer.open(sealer.seal(PROBE, 'check'), 'check');
  return ok(
    'sealing',
    `seals under key "${sealing.currentKey}", opens under ${sealing.keys.length}`,
  );
}
