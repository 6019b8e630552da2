import { z } from 'zod';
import { ExpectedError } from '#config/errors.ts';
import { type Halt, haltOfPause, haltWords, phaseOf } from '#core/delivery/halt.ts';
import { CHANGE_LANE } from '../lua/lane-board.ts';
import { runScript } from '../lua/scripts.ts';
import { type AuditEntry, auditArguments } from '../status/audit.ts';
import type { Store } from '../store.ts';
import { parseStored } from '../stored-value.ts';
import { boardKeys, createLaneBoard, type PostedHalt } from './lane-board.ts';

/** What a person does to a lane, in the whole fleet. */
export const LANE_ACTIONS = ['pause', 'resume', 'probe'] as const;
export type LaneAction = (typeof LANE_ACTIONS)[number];

/** On whose behalf a lane is changed, and why. */
type LaneAccount = Pick<AuditEntry, 'by' | 'reason'>;

export interface LaneChange extends LaneAccount {
  readonly pixelId: string;
  readonly action: LaneAction;
}

/** What a lane is to be: its entry on the board without the moment, and the moment itself. */
interface Target {
  readonly state: 'active' | 'halted' | 'paused';
  /** By the clock of Redis, in Unix ms; 0 for now. */
  readonly until: number;
  readonly facts: string;
}

const STATE = z.object({ state: z.string() });

const ACTIVE: Target = { state: 'active', until: 0, facts: '' };

const DONE = { pause: 'lane_paused', resume: 'lane_resumed', probe: 'lane_probed' } as const;

/** How often a lane may change between reading and writing before that is an error. */
const MOST_TRIES = 50;

/** `unknown`: there is no such pixel; `refused`: the lane is in no state for it. `why` is for people. */
export type LaneAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'unknown' | 'refused'; readonly why: string };

/**
 * Changes the lane of a pixel for a person, in one step with an entry in the audit trail.
 * @param configured the pixels that workers serve
 */
export async function changeLane(
  store: Store,
  configured: readonly string[],
  { pixelId, action, ...account }: LaneChange,
): Promise<LaneAnswer> {
  const isServed = configured.includes(pixelId);
  if (!isServed && (await store.redis.sismember(store.keys.pixels, pixelId)) === 0) {
    const why = `there is no pixel “${pixelId}”: it is not configured, and never had events here`;
    return { kind: 'unknown', why };
  }
  const board = createLaneBoard(store);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const posted = (await board.read()).get(pixelId) ?? null;
    const halt = posted?.halt ?? null;
    const why = refusalOf(action, pixelId, halt, Date.now());
    if (why !== null) return { kind: 'refused', why };
    if (!isServed && halt?.state !== 'paused') {
      const without = `pixel ${pixelId} has no lane: it is not configured, so no worker sends for it`;
      return { kind: 'refused', why: without };
    }
    // Else a worker has changed it in between.
    if (await commit(store, { pixelId, action, ...account }, posted)) return { kind: 'done' };
  }
  throw new ExpectedError(`the lane of pixel ${pixelId} keeps changing: try again`);
}

async function commit(
  { redis, keys }: Store,
  { pixelId, action, ...account }: LaneChange,
  posted: PostedHalt | null,
): Promise<boolean> {
  const { state, until, facts } = TARGETS[action](posted, account);
  const details = { pixel: pixelId, before: posted?.halt.state ?? 'active' };
  const nowhere = { where: null, replay: null };
  const audit = { at: Date.now(), ...account, action: DONE[action], ...nowhere, details };
  const args = [pixelId, posted?.version ?? '', state, until, facts, ...auditArguments(audit)];
  return runScript(redis, CHANGE_LANE, {
    keys: [...boardKeys(keys, pixelId), keys.audit],
    args,
  });
}

/** Why an action makes no sense for a lane as it is now. */
function refusalOf(
  action: LaneAction,
  pixelId: string,
  halt: Halt | null,
  now: number,
): string | null {
  const lane = `the lane of pixel ${pixelId}`;
  const isPaused = halt?.state === 'paused';
  switch (action) {
    case 'pause':
      return isPaused ? `${lane} is already ${haltWords(halt)}` : null;
    case 'resume':
      if (isPaused) return null;
      return halt === null
        ? `${lane} is not paused: it is active`
        : `${lane} is not paused: it is ${haltWords(halt)}, and probe makes it try at once`;
    case 'probe':
      if (halt === null) return `${lane} is not halted: it is active`;
      if (isPaused) return `${lane} is ${haltWords(halt)}; only resume ends that`;
      return phaseOf(halt, now) === 'probing' ? `${lane} is being probed already` : null;
  }
}

const TARGETS = {
  /** Earlier releases read a blocked lane, which is not probed before the next century. */
  pause(posted: PostedHalt | null, { by, reason }: LaneAccount): Target {
    const pause = { by, at: Date.now(), reason };
    const { until, ...halt } = haltOfPause(pause, posted?.halt ?? null);
    const facts = { ...halt, state: 'blocked', before: posted?.version ?? '' };
    return { state: 'paused', until, facts: JSON.stringify(facts) };
  },
  /**
   * A lane that was halted is so again, with what is left of its wait. One that was blocked is probed at
   * once: its cause may have been fixed meanwhile, and the reload found it paused.
   */
  resume(posted: PostedHalt | null): Target {
    const before = posted?.before ?? '';
    const space = before.indexOf(' ');
    if (space < 0) return ACTIVE;
    const facts = before.slice(space + 1);
    const { state } = parseStored(facts, 'the halt before a pause', STATE);
    const until = state === 'blocked' ? 0 : Number(before.slice(0, space));
    return { state: 'halted', until, facts };
  },
  probe(posted: PostedHalt | null): Target {
    if (posted === null) return ACTIVE;
    const { until: _, ...facts } = posted.halt;
    return { state: 'halted', until: 0, facts: JSON.stringify({ ...facts, turn: 1 }) };
  },
} as const satisfies Record<LaneAction, unknown>;
