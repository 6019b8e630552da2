import { once } from 'node:events';
import type { Configuration } from '#config/configuration.ts';
import { connectForReading, connectionError, type Redis } from '#store/connection.ts';
import { expiryTotals, findAllGroups } from '#store/dead-letters/groups.ts';
import { processedCount } from '#store/dead-letters/replay/counts.ts';
import { inFlight } from '#store/dead-letters/replay/safety-limits.ts';
import { listReplays } from '#store/dead-letters/replay/store.ts';
import { readDutiesOwner } from '#store/duties-lock.ts';
import { readStoreClaim, type StoreClaim } from '#store/intake/claim.ts';
import { readWatermarks } from '#store/intake/watermarks.ts';
import { readDepth } from '#store/status/depth.ts';
import { type FleetStatus, readFleet } from '#store/status/fleet.ts';
import { createStore, type Store } from '#store/store.ts';
import type { AskWatermarks } from './kafka-source.ts';
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

interface RedisSources {
  readonly flow: () => Promise<Reading<FlowReading>>;
  readonly deadLetters: () => Promise<Reading<DeadLetterReading>>;
  readonly replays: () => Promise<Reading<readonly ReplayReading[]>>;
  readonly watermarks: AskWatermarks;
  readonly store: () => Promise<StoreClaim | null>;
  close(): void;
}

const DEADLINE_MS = 2000;
const MOST_REPLAYS_READ = 20;

/** Reads from Redis over one connection, which reconnects by itself. */
export function createRedisSources({
  redis: { url, prefix },
  kafka: { groupId },
  pixels,
}: Configuration): RedisSources {
  const redis = connectForReading(url, () => {});
  const store = createStore(redis, prefix);
  const ids = pixels.map(({ pixelId }) => pixelId);
  const source = <T>(ask: () => Promise<T>): (() => Promise<Reading<T>>) =>
    createSource(DEADLINE_MS, async (onFailureReason) => {
      await ready(redis, onFailureReason);
      return ask();
    });
  return {
    flow: source(async () => {
      const [fleet, { memoryRatio }] = await Promise.all([
        readFleet(store, ids),
        readDepth(store, []),
      ]);
      return { ...fleet, memoryRatio, at: Date.now() };
    }),
    deadLetters: source(() => readDeadLetters(store)),
    replays: source(() => readReplays(store)),
    watermarks: (at) =>
      readWatermarks(
        redis,
        at.map(({ topic, partition }) => store.keys.watermark(groupId, topic, partition)),
      ),
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
  const reasons = new Map<string, ReasonReading>();
  for (const { reason, events, within, expired } of groups) {
    const known = reasons.get(reason) ?? { reason, events: 0, soon: 0, expired: 0 };
    reasons.set(reason, {
      reason,
      events: known.events + events,
      soon: known.soon + within['24h'],
      expired: known.expired + expired,
    });
  }
  const { expired, ...within } = expiryTotals(groups);
  const horizons = groups.flatMap(({ nextHorizon: at }) => (at === null ? [] : [at * 1000]));
  return {
    held: groups.reduce((sum, { events }) => sum + events, 0),
    within,
    expired,
    nextHorizon: horizons.length === 0 ? null : Math.min(...horizons),
    reasons: [...reasons.values()].sort((a, b) => b.events - a.events),
  };
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
