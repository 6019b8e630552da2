import type { Configuration } from '#config/configuration.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { NOTHING_ASKED, skipReasonOf } from '../replay/eligibility.ts';
import { createRemap } from '../replay/remap.ts';

/** The sections of the configuration that decide what becomes of an edited event. */
export type EditSections = Pick<Configuration, 'pixels' | 'ingest'>;

/** What a replay with today's settings would make of some dead letters. */
export interface Outcomes {
  delivered: number;
  /** By reason, here and below. */
  readonly rejected: Map<string, number>;
  readonly filtered: Map<string, number>;
  /** Those that a replay would leave alone. */
  readonly skipped: Map<string, number>;
}

type Outcome = 'delivered' | readonly [kind: 'rejected' | 'filtered' | 'skipped', reason: string];

export function noOutcomes(): Outcomes {
  return { delivered: 0, rejected: new Map(), filtered: new Map(), skipped: new Map() };
}

export function countOutcome(outcomes: Outcomes, outcome: Outcome): void {
  if (outcome === 'delivered') outcomes.delivered += 1;
  else addOne(outcomes[outcome[0]], outcome[1]);
}

export function addOne<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/**
 * Maps contents as a replay would. One that several pixels get counts as delivered where any of them
 * gets it.
 */
export function createOutcomeOf({ pixels, ingest }: EditSections) {
  const remap = createRemap(pixels, ingest);
  const pixelIds = new Set(pixels.map(({ pixelId }) => pixelId));
  const policy = { ...NOTHING_ASKED, pixelIds };
  return (facts: DeadLetterFacts, content: Buffer, now: number): Outcome => {
    const skip = skipReasonOf(facts, now, policy);
    const results = skip ?? remap(facts, content, now);
    if (typeof results === 'string') return ['skipped', results];
    if (results.some(({ kind }) => kind === 'queued')) return 'delivered';
    const dead = results.find(({ kind }) => kind === 'dead') ?? results[0];
    if (dead === undefined || dead.kind === 'queued') return ['skipped', 'unreadable'];
    return [dead.kind === 'dead' ? 'rejected' : 'filtered', dead.reason];
  };
}
