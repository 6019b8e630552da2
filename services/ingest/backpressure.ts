import type { Configuration } from '#config/configuration.ts';
import type { Logger } from '#process/logger.ts';
import { createLaneBoard } from '#store/delivery/lane-board.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import { readDepth } from '#store/status/depth.ts';
import type { Store } from '#store/store.ts';
import type { FetchGate } from './kafka/fetch-gate.ts';
import type { IngestMetrics } from './metrics.ts';
import type { Shares } from './parking/shares.ts';

/** Two thresholds of one measure (hysteresis): hold back at the upper one, release at the lower one. */
interface Marks {
  readonly upper: number;
  readonly lower: number;
}

/** Whether to hold back now; between the thresholds nothing changes. */
export function holdsBack(marks: Marks, value: number, before: boolean): boolean {
  if (value >= marks.upper) return true;
  return before && value > marks.lower;
}

/** What is measured: events waiting in Redis, dead letters, and the used share of its memory. */
export interface Pressure {
  readonly events: number;
  readonly deadLetters: number;
  readonly memoryRatio: number;
}

interface BackpressureOptions {
  /** Any measure that reaches its upper mark pauses Kafka. */
  readonly marks: { readonly [Name in keyof Pressure]: Marks };
  readonly pollMs: number;
  readonly measure: () => Promise<Pressure>;
  readonly onPause: (pressure: Pressure) => void;
  readonly onResume: () => void;
}

/**
 * Pauses Kafka while Redis is too full, so that a backlog waits where there is room for it. While Redis
 * does not answer nothing changes: a write that fails stops ingest by itself.
 *
 * @returns a function that ends it
 */
export function startBackpressure(options: BackpressureOptions): () => void {
  const { marks, measure, onPause, onResume } = options;
  const names = Object.keys(marks) as (keyof Pressure)[];
  const held = new Set<keyof Pressure>();
  let paused = false;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;

  const poll = async (): Promise<void> => {
    // Its failures are noted where it is measured.
    const pressure = await measure().catch(() => null);
    if (pressure !== null && !stopped) {
      for (const name of names) {
        if (holdsBack(marks[name], pressure[name], held.has(name))) held.add(name);
        else held.delete(name);
      }
      const before = paused;
      paused = held.size > 0;
      if (paused && !before) onPause(pressure);
      if (!paused && before) onResume();
    }
    if (!stopped) timer = setTimeout(() => void poll(), options.pollMs);
  };
  void poll();
  return () => {
    stopped = true;
    if (timer !== null) clearTimeout(timer);
  };
}

interface PressureDeps {
  readonly store: Store;
  readonly gate: Pick<FetchGate, 'close' | 'open'>;
  readonly work: Pick<RedisWork, 'attempt'>;
  /** The configured pixels, which a reload may change. */
  readonly pixelIds: () => readonly string[];
  readonly shares: Pick<Shares, 'update'>;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
}

/** Measures Redis, and closes and opens the gate of the consumer. */
export function pressureOnRedis(
  { pollMs, ...limits }: Configuration['ingest']['backpressure'],
  { store, gate, work, pixelIds, shares, metrics, logger }: PressureDeps,
): BackpressureOptions {
  const board = createLaneBoard(store);
  metrics.ingestPaused.set(0);
  return {
    marks: {
      events: { upper: limits.pauseAtEvents, lower: limits.resumeAtEvents },
      deadLetters: { upper: limits.pauseAtDeadLetters, lower: limits.resumeAtDeadLetters },
      memoryRatio: { upper: limits.pauseAtMemoryRatio, lower: limits.resumeAtMemoryRatio },
    },
    pollMs,
    async measure() {
      const read = () => readDepth(store, pixelIds());
      const [{ events, ...pressure }, halts] = await Promise.all([
        work.attempt('backpressure', read),
        work.attempt('lanes', () => board.read()).catch(() => null),
      ]);
      shares.update(events, halts);
      return { events: [...events.values()].reduce((sum, n) => sum + n, 0), ...pressure };
    },
    onPause(pressure) {
      gate.close();
      metrics.ingestPaused.set(1);
      logger.warn({ ...pressure }, 'Redis is too full: Kafka waits');
    },
    onResume() {
      gate.open();
      metrics.ingestPaused.set(0);
      logger.info('Redis has room again: reading on');
    },
  };
}
