import type { Arena } from './arena.ts';
import type { TrialResult } from './trial.ts';

/** What a proof gets to work with. */
export interface Bench {
  readonly arena: Arena;
  readonly seed: string;
  readonly say: (line: string) => void;
  /** Whether the fleet keeps receipts and leaves out duplicates, where the proof leaves the choice. */
  readonly remembers?: boolean;
}

/** What was seen. A proof holds when nothing is in `faults`. */
export interface Evidence {
  /** What was killed, cut or corrupted, and how often, in words. */
  readonly disturbances: string;
  /** Messages that the run sent through Kafka, or gave to the reader. */
  readonly events: number;
  readonly lost: number;
  readonly duplicatedByIngest: number;
  readonly duplicatedByWorkers: number;
  /** How many duplicates by workers are allowed, and why. */
  readonly allowed: number;
  /** What else was measured, in words. */
  readonly notes: readonly string[];
  readonly faults: readonly string[];
}

/** A promise, and a run that would break it if it could be broken. */
export interface Proof {
  readonly name: string;
  readonly promise: string;
  readonly run: (bench: Bench) => Promise<Evidence>;
}

/** What every trial must show, whatever was done to it. */
export function evidence(
  disturbances: string,
  { audit, settled, unexpected, exits }: TrialResult<unknown>,
  allowed: number,
  extra: { notes?: readonly string[]; faults?: readonly string[] } = {},
): Evidence {
  const { messages: events, lost, duplicatedByIngest, duplicatedByWorkers } = audit;
  const faults = [
    ...(settled ? [] : ['not everything ended in time']),
    ...(lost === 0 ? [] : [`${lost} events lost: ${audit.samples.join(', ')}`]),
    ...(duplicatedByIngest === 0 ? [] : [`ingest enqueued ${duplicatedByIngest} events twice`]),
    ...(duplicatedByWorkers <= allowed
      ? []
      : [`${duplicatedByWorkers} duplicates by workers, ${allowed} allowed`]),
    ...(audit.imbalance === 0 ? [] : [`the ledgers are out of balance by ${audit.imbalance}`]),
    ...(audit.refusedWrongly === 0
      ? []
      : [`${audit.refusedWrongly} dead letters too few or too many of ${audit.refused} refused`]),
    ...(audit.leftBehind === 0 ? [] : [`${audit.leftBehind} jobs or open entries left behind`]),
    ...audit.untold.map((id) => `no receipt says that ${id} was delivered`),
    ...(audit.strangers === 0 ? [] : [`${audit.strangers} accepted that should not have been`]),
    ...unexpected,
    ...exits.filter((code) => code !== 0).map((code) => `a process stopped with ${code}`),
    ...(extra.faults ?? []),
  ];
  const found = { events, lost, duplicatedByIngest, duplicatedByWorkers, allowed };
  return { disturbances, ...found, notes: extra.notes ?? [], faults };
}
