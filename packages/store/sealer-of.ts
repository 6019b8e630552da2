import {
  type AcceptedForms,
  createOpenSealer,
  createSealer,
  type Sealer,
  type SealingKey,
} from './sealing.ts';

type SealingOptions = {
  readonly currentKey: string;
  readonly keys: readonly SealingKey[];
} & AcceptedForms;

/** One for each configuration, so that a process seals under one derived key and derives others once. */
const sealers = new WeakMap<SealingOptions, Sealer>();

/** The sealer that a configuration asks for; null switches sealing off. */
export function sealerOf(sealing: SealingOptions | null): Sealer {
  if (sealing === null) return createOpenSealer();
  const known = sealers.get(sealing);
  if (known !== undefined) return known;
  const sealer = createSealer(sealing.currentKey, sealing.keys, sealing);
  sealers.set(sealing, sealer);
  return sealer;
}
