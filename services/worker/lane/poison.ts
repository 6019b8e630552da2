/** When an envelope is held responsible for the workers that vanished while they held it. */
export interface PoisonPolicy {
  /** So many of them, and it is tried alone. */
  readonly suspectAfter: number;
  /** So many more while it was tried alone, and its events become dead letters. */
  readonly buryAfter: number;
}

export const TREATMENTS = ['try', 'bury', 'set_aside'] as const;
export type Treatment = (typeof TREATMENTS)[number];

/**
 * What to do with an envelope that is begun alone for the `begun`th time:
 * - `try`: as with any other.
 * - `bury`: its events become dead letters, without hashing or sending them.
 * - `set_aside`: even that ended its worker; it stays in the queue, and nobody opens it.
 */
export function treatmentOf(begun: number, { buryAfter }: PoisonPolicy): Treatment {
  if (begun <= buryAfter) return 'try';
  return begun <= buryAfter * 2 ? 'bury' : 'set_aside';
}
