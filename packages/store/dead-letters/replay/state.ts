import { z } from 'zod';
import { HALT_STATES } from '#core/delivery/halt.ts';
import { parseStored, UnreadableValue } from '../../stored-value.ts';
import { type LetterPlace, readCursor, writeCursor } from '../pages/cursor.ts';
import { COUNTS, noCounts, type ReplayCounts } from './counts.ts';
import type { ReplayOutcomes } from './safety-limits.ts';

/** What a replay was asked to do. It is fixed when it begins. */
const SPEC = z.object({
  id: z.string(),
  /** Which dead letters, as a filter. */
  where: z.string(),
  /**
   * The page behind which nothing is replayed: the newest one when it began, so that what dies again
   * is not replayed a second time.
   */
  last: z.number(),
  /** Unix ms; what times such as `2h` count from. */
  startedAt: z.number(),
  /** How many the plan had. */
  planned: z.number(),
  max: z.number().nullable(),
  /** Dead letters a second; null for as fast as they are answered. */
  rate: z.number().nullable(),
  canary: z.number(),
  stopAbove: z.number(),
  includeUnknown: z.boolean(),
  forceLoop: z.boolean(),
  by: z.string(),
  reason: z.string().nullable(),
});
export type ReplaySpec = Readonly<z.infer<typeof SPEC>>;

/** A pixel that a replay has passed over, because its lane was halted. */
const HELD = z
  .object({
    pixelId: z.string(),
    state: z.enum(HALT_STATES),
    why: z.string(),
    /** The cursor behind which its dead letters are left for later. */
    after: z.string(),
    /** Given with the state `blocked`, because earlier releases know no paused lanes. */
    paused: z.literal(true).optional(),
  })
  .transform(({ paused, ...held }) => (paused ? { ...held, state: 'paused' as const } : held));
export type HeldPixel = Readonly<z.infer<typeof HELD>>;

/**
 * - `running`: it goes on, or its process was killed.
 * - `paused`: a person wanted it so, or interrupted it.
 * - `stopped`: a safety rule wanted it so.
 * - `cancelled`, `finished`: it never goes on.
 */
const REPLAY_STATES = ['running', 'paused', 'stopped', 'cancelled', 'finished'] as const;
export type ReplayState = (typeof REPLAY_STATES)[number];

/** A replay and how far it has come. */
export interface Replay extends ReplayOutcomes {
  readonly spec: ReplaySpec;
  readonly state: ReplayState;
  /** Why it is in this state, where that is not plain. */
  readonly why: string | null;
  /** Behind which dead letter it goes on; null from the first one. */
  readonly cursor: LetterPlace | null;
  /** Pixels that it passed over and returns to. */
  readonly held: readonly HeldPixel[];
  readonly counts: ReplayCounts;
  /** Unix ms at which it last came further. */
  readonly updatedAt: number;
  /** Whether control carries it on. */
  readonly detached: boolean;
  /** Stopped because only pixels are left whose lanes are halted: control goes on with it when one is active. */
  readonly awaitsPixels: boolean;
}

/** As Redis keeps it. What was delivered and what died is counted there, beside these. */
export function newReplayFields(spec: ReplaySpec, detached: boolean): Record<string, string> {
  return {
    spec: JSON.stringify(spec),
    state: 'running',
    detached: String(detached),
    ...progressFields({
      cursor: null,
      held: [],
      counts: noCounts(),
      queued: 0,
      updatedAt: spec.startedAt,
    }),
    delivered: '0',
    died: '0',
  };
}

export function progressFields(
  progress: Pick<Replay, 'cursor' | 'held' | 'counts' | 'queued' | 'updatedAt'>,
): Record<string, string> {
  const { cursor, held, counts, queued, updatedAt } = progress;
  return {
    cursor: cursor === null ? '' : writeCursor(cursor),
    held: JSON.stringify(held.map(heldAsStored)),
    tally: JSON.stringify(counts),
    queued: String(queued),
    updatedAt: String(updatedAt),
  };
}

function heldAsStored(held: HeldPixel): z.input<typeof HELD> {
  return held.state === 'paused' ? { ...held, state: 'blocked', paused: true } : held;
}

/**
 * Null where there is no such replay.
 * @throws UnreadableValue when what Redis holds of it is damaged
 */
export function parseReplay(fields: Readonly<Record<string, string>>): Replay | null {
  const { spec, why = '', cursor = '', tally: counts, queued, delivered, died } = fields;
  if (spec === undefined || counts === undefined) return null;
  const state = parseState(fields['state']);
  if (state === null) throw new UnreadableValue('a replay in Redis is in no known state');
  return {
    spec: parseStored(spec, 'what a replay was asked to do', SPEC),
    state,
    why: why === '' ? null : why,
    cursor: readCursor(cursor),
    held: parseStored(fields['held'] ?? '[]', 'what a replay left for later', z.array(HELD)),
    counts: parseStored(counts, 'the counts of a replay', COUNTS),
    queued: Number(queued),
    delivered: Number(delivered),
    died: Number(died),
    updatedAt: Number(fields['updatedAt']),
    detached: fields['detached'] === 'true',
    awaitsPixels: fields['awaitsPixels'] === 'true',
  };
}

/** Null for what is no state, such as that of a replay that is not there. */
function parseState(text: string | null | undefined): ReplayState | null {
  return REPLAY_STATES.find((state) => state === text) ?? null;
}
