import { once } from 'node:events';
import type { Configuration } from '#config/configuration.ts';
import type { PartitionProgress } from '#kafka/observer.ts';
import { connectForReading, connectionError, type Redis } from '#store/connection.ts';
import { expiryTotals, findAllGroups } from '#store/dead-letters/groups.ts';
import { processedCount } from '#store/dead-letters/replay/counts.ts';
import { inFlight } from '#store/dead-letters/replay/safety-limits.ts';
import { listReplays } from '#store/dead-letters/replay/store.ts';
import { readDutiesOwner } from '#store/duties-lock.ts';
import { readStoreClaim } from '#store/intake/claim.ts';
import { readWatermarks } from '#store/intake/watermarks.ts';
import { readDepth } from '#store/status/depth.ts';
import { type FleetStatus, readFleet } from '#store/status/fleet.ts';
import { createStore, type Store } from '#store/store.ts';
import { createSource, type Reading } from './source.ts';

/** Dead letters of one reason. */
interface ReasonReading {
  readonly reason: string;
  readonly events: number;
  readonly soon: number;
  readonly expired: number;
}

export interface DeadLetterReading {
  readonly held: number;
  /** How many expire within these times, and how many have expired. */
  readonly within: Readonly<Record<'24h' | '72h' | '168h', number>>;
  readonly expired: number;
  /** When the next one expires, Unix ms; null when unknown. */
  readonly nextHorizon: number | null;
  /** The largest first. */
  readonly reasons: readonly ReasonReading[];
}

/** A replay that has not ended. */
export interface ReplayReading {
  readonly id: string;
  readonly state: 'running' | 'paused' | 'stopped';
  readonly why: string | null;
  readonly planned: number;
  readonly done: number;
  readonly delivered: number;
  readonly died: number;
  readonly inFlight: number;
  /** True while it is left to control, and no control process is running. */
  readonly waits: boolean;
}

/** The state of the queue, the lanes and the ledgers. */
export interface FlowReading extends FleetStatus {
  /** Used share of `maxmemory`; 0 when Redis has no limit. */
  readonly memoryRatio: number;
  /** Unix ms. */
  readonly at: number;
}

export type RedisSources = ReturnType<typeof createRedisSources>;

const DEADLINE_MS = 2000;
const MOST_REPLAYS_READ = 20;

/** Reads from Redis over one connection, which reconnects by itself. */
export function createRedisSources({
  redis: { url, prefix },
  kafka: { groupId },
  pixels,
}: Configuration) {
  const redis = connectForReading(url, () => {});
  const store = createStore(redis, prefix);
  const ids = pixels.map(({ pixelId }) => pixelId);
  const source = <T>(ask: () => Promise<T>): (() => Promise<Reading<T>>) =>
    createSource(DEADLINE_MS, async (onFailureReason) => {
      await ready(redis, onFailureReason);
      return ask();
    });
  return {
    flow: source(async (): Promise<FlowReading> => {
      const [fleet, { memoryRatio }] = await Promise.all([
        readFleet(store, ids),
        readDepth(store, []),
      ]);
      return { ...fleet, memoryRatio, at: Date.now() };
    }),
    deadLetters: source(() => readDeadLetters(store)),
    replays: source(() => readReplays(store)),
    /** How far partitions were read; null where it is unknown. */
    watermarks: (at: readonly Pick<PartitionProgress, 'topic' | 'partition'>[]) =>
      readWatermarks(
        redis,
        at.map(({ topic, partition }) => store.keys.watermark(groupId, topic, partition)),
      ),
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
    while (redis.status !== 'ready') await once(redis, 'ready').catch(() => {});
  } finally {
    redis.off('error', onError);
  }
}

async function readDeadLetters(store: Store): Promise<DeadLetterReading> {
  const groups = await findAllGroups(store, Date.now());
  const reasons = [...Map.groupBy(groups, ({ reason }) => reason)].map(([reason, own]) => ({
    reason,
    events: sumOf(own, ({ events }) => events),
    soon: sumOf(own, ({ within }) => within['24h']),
    expired: sumOf(own, ({ expired }) => expired),
  }));
  const { expired, ...within } = expiryTotals(groups);
  const horizons = groups.flatMap(({ nextHorizon: at }) => (at === null ? [] : [at * 1000]));
  return {
    held: sumOf(groups, ({ events }) => events),
    within,
    expired,
    nextHorizon: horizons.length === 0 ? null : Math.min(...horizons),
    reasons: reasons.sort((a, b) => b.events - a.events),
  };
}

function sumOf<T>(list: readonly T[], of: (each: T) => number): number {
  return list.reduce((sum, each) => sum + of(each), 0);
}

async function readReplays(store: Store): Promise<ReplayReading[]> {
  const [replays, owner] = await Promise.all([
    listReplays(store, MOST_REPLAYS_READ),
    readDutiesOwner(store),
  ]);
  return replays.flatMap((replay) => {
    const { spec, state, why, delivered, died, counts } = replay;
    if (state === 'finished' || state === 'cancelled') return [];
    const { id, planned } = spec;
    const done = processedCount(counts);
    const waits = state === 'running' && replay.detached && owner === null;
    const reading = { id, state, why, planned, done, delivered, died };
    return [{ ...reading, inFlight: inFlight(replay), waits }];
  });
}
