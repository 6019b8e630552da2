import {
  type AcceptedForms,
  createOpenSealer,
  createSealer,
  type Sealer,
  type SealingKey,
} from './sealing.ts';

/** The sealer that a configuration asks for; null switches sealing off. */
export function sealerOf(
  sealing:
    | ({ readonly currentKey: string; readonly keys: readonly SealingKey[] } & AcceptedForms)
    | null,
): Sealer {
  return sealing === null
    ? createOpenSealer()
    : createSealer(sealing.currentKey, sealing.keys, sealing);
}
