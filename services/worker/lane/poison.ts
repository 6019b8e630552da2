/** When an envelope is held responsible for the workers that vanished while they held it. */
export interface PoisonPolicy {
  /** So many of them, and it is tried alone. */
  readonly suspectAfter: number;
  /** So many more while it was tried alone, and its events become dead letters. */
  readonly buryAfter: number;
}

export const POISON_ACTIONS = ['try', 'dead_letter', 'quarantine'] as const;
export type PoisonAction = (typeof POISON_ACTIONS)[number];

/**
 * What to do with an envelope that is processed alone for the `begun`th time:
 * - `try`: deliver it as any other.
 * - `dead_letter`: its events become dead letters, without hashing or sending them.
 * - `quarantine`: even that ended its worker; it stays in the queue unopened.
 */
export function poisonAction(begun: number, { buryAfter }: PoisonPolicy): PoisonAction {
  if (begun <= buryAfter) return 'try';
  return begun <= buryAfter * 2 ? 'dead_letter' : 'quarantine';
}
