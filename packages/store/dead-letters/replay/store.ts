import { randomBytes } from 'node:crypto';
import { CHANGE_REPLAY } from '../../lua/replays.ts';
import { runScript } from '../../lua/scripts.ts';
import { type AuditAction, type AuditEntry, auditArguments } from '../../status/audit.ts';
import type { Store } from '../../store.ts';
import { readLastPage } from '../pages/reader.ts';
import { processedCount } from './counts.ts';
import {
  newReplayFields,
  parseReplay,
  type Replay,
  type ReplaySpec,
  type ReplayState,
} from './state.ts';

/** Replays beyond these are forgotten, the oldest first; the audit trail still tells of them. */
const REPLAYS_KEPT = 500;

export type NewReplaySpec = Omit<ReplaySpec, 'id' | 'last'>;

/** Writes a new replay and its audit entry; any process may run it. */
export async function createReplay(
  store: Store,
  asked: NewReplaySpec,
  detached: boolean,
): Promise<Replay> {
  const keys = store.keys;
  const id = newId(asked.startedAt);
  const spec: ReplaySpec = { ...asked, id, last: await readLastPage(store) };
  const fields = newReplayFields(spec, detached);
  const old = await store.redis.zrevrange(keys.replays, REPLAYS_KEPT - 1, -1);
  const transaction = store.redis.multi().hset(keys.replay(id), fields);
  transaction.zadd(keys.replays, spec.startedAt, id);
  if (detached) transaction.sadd(keys.detachedReplays, id);
  if (old.length > 0) {
    transaction.zrem(keys.replays, ...old).srem(keys.detachedReplays, ...old);
    transaction.del(...old.map((each) => keys.replay(each)));
  }
  const { planned, max, rate, canary, stopAbove } = spec;
  const details = { planned, max, rate, canary, stopAbove, detached };
  transaction.xadd(
    keys.audit,
    ...auditArguments(entryOf(spec, 'replay_started', spec.by, details)),
  );
  for (const [error] of (await transaction.exec()) ?? []) if (error) throw error;
  const replay = parseReplay(fields);
  if (replay === null) throw new Error('a new replay lacks its fields');
  return replay;
}

/** Null where there is no such replay. */
export async function readReplay(store: Store, id: string): Promise<Replay | null> {
  return parseReplay(await store.redis.hgetall(store.keys.replay(id)));
}

/** The newest first. */
export async function listReplays(store: Store, limit: number): Promise<Replay[]> {
  const ids = await store.redis.zrevrange(store.keys.replays, 0, limit - 1);
  const found = await Promise.all(ids.map((id) => readReplay(store, id)));
  return found.filter((replay) => replay !== null);
}

/** The ids of replays that control carries on. */
export function readDetached(store: Store): Promise<string[]> {
  return store.redis.smembers(store.keys.detachedReplays);
}

/** The owner of the lock of replays and purges; null when it is free. */
export function readLockOwner(store: Store): Promise<string | null> {
  return store.redis.get(store.keys.replayLock);
}

const ACTIONS: Readonly<Record<ReplayState, AuditAction>> = {
  running: 'replay_resumed',
  paused: 'replay_paused',
  stopped: 'replay_stopped',
  cancelled: 'replay_cancelled',
  finished: 'replay_finished',
};

/** Which state may follow on which. */
const FOLLOWS: Readonly<Record<ReplayState, readonly ReplayState[]>> = {
  running: ['running', 'paused', 'stopped'],
  paused: ['running'],
  stopped: ['running'],
  cancelled: ['running', 'paused', 'stopped'],
  finished: ['running'],
};

export interface ReplayTransition {
  readonly state: ReplayState;
  readonly why: string | null;
  readonly by: string;
  /** Whether control carries it on from now on. */
  readonly detached?: boolean;
  /** Whether only halted pixels are left. */
  readonly awaitsPixels?: boolean;
}

/**
 * Puts a replay into another state, and that it was done into the audit trail. The process that
 * runs it reads its state before each step.
 *
 * @returns the replay as it was before, when that cannot follow on it; else null
 */
export async function changeReplay(
  store: Store,
  id: string,
  { state, why, by, detached, awaitsPixels = false }: ReplayTransition,
): Promise<Replay | null> {
  const { redis, keys } = store;
  for (;;) {
    const before = await readReplay(store, id);
    if (before === null || !FOLLOWS[state].includes(before.state)) return before;
    const { queued, delivered, died, counts } = before;
    const details = { why, done: processedCount(counts), queued, delivered, died };
    const audit = entryOf(before.spec, ACTIONS[state], by, details);
    const isDetached = detached ?? before.detached;
    const fields = Object.entries({
      ...{ state, why: why ?? '' },
      ...{ detached: String(isDetached), awaitsPixels: String(awaitsPixels) },
    });
    const isCarriedOn = state === 'running' && isDetached ? 1 : 0;
    const changed = await runScript(redis, CHANGE_REPLAY, {
      keys: [keys.replay(id), keys.detachedReplays, keys.audit, keys.trial],
      args: [
        ...[id, before.state, isCarriedOn],
        ...[fields.length, ...fields.flat()],
        ...auditArguments(audit),
      ],
    });
    // Else another process has changed it in between, which may forbid this change.
    if (changed) return null;
  }
}

function entryOf(
  { id, where, reason }: ReplaySpec,
  action: AuditAction,
  by: string,
  details: AuditEntry['details'],
): AuditEntry {
  return { at: Date.now(), by, action, reason, where, replay: id, details };
}

/** They sort as they began. */
function newId(now: number): string {
  const chance = randomBytes(4).readUInt32BE().toString(36);
  return `r${now.toString(36)}${chance.padStart(7, '0')}`;
}
