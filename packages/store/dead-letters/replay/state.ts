import type { LetterPlace } from '../pages/reader.ts';
import { readCursor, writeCursor } from '../pages/reader.ts';
import { ReplayCounter, type ReplayCounts } from './counts.ts';
import type { ReplayOutcomes } from './safety-limits.ts';

/** What a replay was asked to do. It is fixed when it begins. */
export interface ReplaySpec {
  readonly id: string;
  /** Which dead letters, as a filter. */
  readonly where: string;
  /**
   * The page behind which nothing is replayed: the newest one when it began, so that what dies again
   * is not taken up a second time.
   */
  readonly last: number;
  /** Unix ms; what times such as `2h` count from. */
  readonly startedAt: number;
  /** How many the plan had. */
  readonly planned: number;
  readonly max: number | null;
  /** Dead letters a second; null for as fast as they are answered. */
  readonly rate: number | null;
  readonly canary: number;
  readonly stopAbove: number;
  readonly includeUnknown: boolean;
  readonly forceLoop: boolean;
  readonly by: string;
  readonly reason: string | null;
}

/**
 * - `running`: it goes on, or whoever carried it on was killed.
 * - `paused`: a person wanted it so, or interrupted it.
 * - `stopped`: a safety rule wanted it so.
 * - `cancelled`, `finished`: it never goes on.
 */
export const REPLAY_STATES = ['running', 'paused', 'stopped', 'cancelled', 'finished'] as const;
export type ReplayState = (typeof REPLAY_STATES)[number];

/** A replay and how far it has come. */
export interface Replay extends ReplayOutcomes {
  readonly spec: ReplaySpec;
  readonly state: ReplayState;
  /** Why it is in this state, where that is not plain. */
  readonly why: string | null;
  /** Behind which dead letter it goes on; null from the first one. */
  readonly cursor: LetterPlace | null;
  readonly tally: ReplayCounts;
  /** Unix ms at which it last came further. */
  readonly updatedAt: number;
  /** Whether workers carry it on. */
  readonly detached: boolean;
}

export type ReplayFields = Record<string, string>;

/** As Redis keeps it. What was delivered and what died is counted there, beside these. */
export function newReplayFields(spec: ReplaySpec, detached: boolean): ReplayFields {
  return {
    spec: JSON.stringify(spec),
    state: 'running',
    detached: String(detached),
    ...progressFields(null, new ReplayCounter(), 0, spec.startedAt),
    delivered: '0',
    died: '0',
  };
}

export function progressFields(
  cursor: LetterPlace | null,
  tally: ReplayCounts,
  queued: number,
  now: number,
): ReplayFields {
  return {
    cursor: cursor === null ? '' : writeCursor(cursor),
    tally: JSON.stringify(tally),
    queued: String(queued),
    updatedAt: String(now),
  };
}

/** Null where there is no such replay. */
export function parseReplay(fields: Readonly<Record<string, string>>): Replay | null {
  const { spec, state, why = '', cursor = '', tally, queued, delivered, died } = fields;
  if (spec === undefined || tally === undefined) return null;
  return {
    spec: JSON.parse(spec) as ReplaySpec,
    state: state as ReplayState,
    why: why === '' ? null : why,
    cursor: readCursor(cursor),
    tally: JSON.parse(tally) as ReplayCounts,
    queued: Number(queued),
    delivered: Number(delivered),
    died: Number(died),
    updatedAt: Number(fields['updatedAt']),
    detached: fields['detached'] === 'true',
  };
}
