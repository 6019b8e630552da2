import { once } from 'node:events';
import type { Configuration } from '#config/configuration.ts';
import { EVERY_DEAD_LETTER } from '#core/dead-letter/filter.ts';
import {
  type CauseGroup,
  causeKey,
  type ExpiryCounts,
  expiryCounts,
} from '#core/dead-letter/groups.ts';
import type { PartitionProgress } from '#kafka/observer.ts';
import { connectForReading, connectionError, type Redis, refusedLogin } from '#store/connection.ts';
import { readAcknowledged, withoutAcknowledged } from '#store/dead-letters/acknowledged.ts';
import { readGroups } from '#store/dead-letters/read.ts';
import { type Assessment, createAssessor } from '#store/dead-letters/replay/assessment.ts';
import { processedCount } from '#store/dead-letters/replay/counts.ts';
import { heldOf } from '#store/dead-letters/replay/held.ts';
import { inFlight } from '#store/dead-letters/replay/safety-limits.ts';
import { listReplays } from '#store/dead-letters/replay/store.ts';
import { readStoreClaim } from '#store/intake/claim.ts';
import { readWatermarks } from '#store/intake/watermarks.ts';
import { readDutiesOwner } from '#store/locks.ts';
import { sealerOf } from '#store/sealing.ts';
import { readFleet } from '#store/status/fleet.ts';
import { createStore, type Store } from '#store/store.ts';
import { createSource, type Reading } from './source.ts';

/** Dead letters of one reason. */
interface ReasonReading {
  readonly reason: string;
  readonly events: number;
  readonly soon: number;
  readonly expired: number;
}

export interface DeadLetterReading extends Pick<ExpiryCounts, 'expired' | 'within'> {
  readonly held: number;
  /** When the next one expires, Unix ms; null when unknown. */
  readonly nextHorizon: number | null;
  /** The largest first. */
  readonly reasons: readonly ReasonReading[];
  /** How many of them are of acknowledged causes, which demand no action. */
  readonly acknowledged: AcknowledgedReading;
}

interface AcknowledgedReading {
  readonly held: number;
  readonly expired: number;
  /** Those that expire within 24 hours. */
  readonly soon: number;
}

/** Without what each group has, but for what acknowledged causes have of it. */
export type ReplayableReading = Omit<Assessment, 'groups'> & {
  readonly acknowledged: Pick<Assessment, 'replayable' | 'soon'>;
};

/** A replay that has not ended. */
export type ReplayReading = Awaited<ReturnType<typeof readReplays>>[number];

export type RedisSources = ReturnType<typeof createRedisSources>;

/** In ms, unless the command says otherwise. */
const DEADLINE_MS = 2000;
const MOST_REPLAYS_READ = 20;

/** Reads from Redis over one connection, which reconnects by itself. */
export function createRedisSources(settings: Configuration, deadlineMs: number | null) {
  const { redis: address, kafka, pixels, sealing } = settings;
  const redis = connectForReading(address, () => {});
  const store = createStore(redis, address.prefix);
  const assess = createAssessor({ ...store, sealer: sealerOf(sealing) }, () => settings);
  const source = <T>(ask: () => Promise<T>): (() => Promise<Reading<T>>) =>
    createSource(deadlineMs ?? DEADLINE_MS, async (onFailureReason) => {
      await ready(redis, onFailureReason);
      return ask();
    });
  return {
    flow: source(() => readFleet(store, pixels)),
    deadLetters: source(() => readDeadLetters(store)),
    /** What a replay would do with the oldest of them. */
    replayable: source(async () => {
      const { groups, ...all } = await assess('', EVERY_DEAD_LETTER, Date.now());
      return { ...all, acknowledged: await acknowledgedOf(store, groups) };
    }),
    replays: source(() => readReplays(store)),
    /** How far partitions were read; null where it is unknown. */
    watermarks: (at: readonly Pick<PartitionProgress, 'topic' | 'partition'>[]) =>
      readWatermarks(store, kafka.groupId, at),
    /** Which store this Redis is; null when no ingest has started with it. */
    store: () => readStoreClaim(store),
    close: () => redis.disconnect(),
  };
}

async function ready(redis: Redis, onFailureReason: (reason: string) => void): Promise<void> {
  const onError = (): void => onFailureReason(connectionError(redis) ?? 'it does not answer');
  redis.on('error', onError);
  try {
    if (connectionError(redis) !== null) onError();
    while (redis.status !== 'ready') {
      // Waiting does not help.
      const refusal = refusedLogin(redis);
      if (refusal !== null) throw new Error(refusal);
      await once(redis, 'ready').catch(() => {});
    }
  } finally {
    redis.off('error', onError);
  }
}

/** What a replay would put back of causes whose acknowledgement holds. */
async function acknowledgedOf(store: Store, assessed: Assessment['groups']) {
  const [groups, all] = await Promise.all([readGroups(store), readAcknowledged(store)]);
  const demanding = new Set(withoutAcknowledged(groups, all, Date.now()).map(causeKey));
  const known = groups.map(causeKey).filter((key) => !demanding.has(key));
  const total = (of: 'replayable' | 'soon'): number =>
    known.reduce((sum, key) => sum + (assessed.get(key)?.[of] ?? 0), 0);
  return { replayable: total('replayable'), soon: total('soon') };
}

async function readDeadLetters(store: Store): Promise<DeadLetterReading> {
  const [groups, known] = await Promise.all([readGroups(store), readAcknowledged(store)]);
  const now = Date.now();
  groups.sort((a, b) => b.events - a.events);
  const eventsOf = (some: readonly CauseGroup[]) =>
    some.reduce((sum, { events }) => sum + events, 0);
  const reasons = [...Map.groupBy(groups, ({ reason }) => reason)].map(([reason, own]) => {
    const { within, expired } = expiryCounts(own, now);
    return { reason, events: eventsOf(own), soon: within['24h'], expired };
  });
  const { within, expired, next } = expiryCounts(groups, now);
  const held = eventsOf(groups);
  const open = withoutAcknowledged(groups, known, now);
  const left = expiryCounts(open, now);
  return {
    held,
    within,
    expired,
    nextHorizon: next === null ? null : Math.floor(next / 1000) * 1000,
    reasons: reasons.sort((a, b) => b.events - a.events),
    acknowledged: {
      held: held - eventsOf(open),
      expired: expired - left.expired,
      soon: within['24h'] - left.within['24h'],
    },
  };
}

async function readReplays(store: Store) {
  const [replays, owner] = await Promise.all([
    listReplays(store, MOST_REPLAYS_READ),
    readDutiesOwner(store),
  ]);
  return replays.flatMap((replay) => {
    const { spec, state, why, delivered, died, counts } = replay;
    if (state === 'finished' || state === 'cancelled') return [];
    const { id, planned } = spec;
    const done = processedCount(counts);
    // It is left to control, and no control process is running.
    const waits = state === 'running' && replay.detached && owner === null;
    const reading = { id, state, why, planned, done, delivered, died };
    return [{ ...reading, held: heldOf(replay), inFlight: inFlight(replay), waits }];
  });
}
