import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration } from '#config/configuration.ts';
import { type FleetStatus, totalOf } from '#store/status/fleet.ts';
import { createKafkaSource, type KafkaReading } from './kafka-source.ts';
import {
  createRedisSources,
  type DeadLetterReading,
  type ReplayableReading,
  type ReplayReading,
} from './redis-sources.ts';
import type { Reading } from './source.ts';

/** Everything on the screen. A source that does not answer does not affect the others. */
export interface Status {
  /** Unix ms. */
  readonly at: number;
  readonly kafka: Reading<KafkaReading>;
  readonly flow: Reading<FleetStatus>;
  /** Null until there are two readings of the ledger. */
  readonly rates: Rates | null;
  readonly deadLetters: Reading<DeadLetterReading>;
  readonly replayable: Reading<ReplayableReading>;
  readonly replays: Reading<readonly ReplayReading[]>;
}

export type StatusReader = ReturnType<typeof createStatusReader>;

/**
 * Reads all sources in parallel, each with its own deadline.
 * @param deadlineMs of all of them; null for each one's own
 */
export function createStatusReader(configuration: Configuration, deadlineMs: number | null) {
  const redis = createRedisSources(configuration, deadlineMs);
  const kafkaSource = createKafkaSource(configuration.kafka, redis, deadlineMs);
  const speedometer = new Speedometer();
  const readFlow = async (sampleMs: number): Promise<Pick<Status, 'flow' | 'rates'>> => {
    const flow = await redis.flow();
    const rates = flow.ok ? speedometer.take(flow.value) : null;
    if (!flow.ok || sampleMs === 0) return { flow, rates };
    await sleep(sampleMs);
    return readFlow(0);
  };
  return {
    /** @param sampleMs when set, the ledger is read once more, this long before, so that there are rates */
    async read(sampleMs = 0): Promise<Status> {
      const [kafka, { flow, rates }, deadLetters, replayable, replays] = await Promise.all([
        kafkaSource.read(),
        readFlow(sampleMs),
        redis.deadLetters(),
        redis.replayable(),
        redis.replays(),
      ]);
      return { at: Date.now(), kafka, flow, rates, deadLetters, replayable, replays };
    },
    close() {
      redis.close();
      kafkaSource.close();
    },
  };
}

/** Events per second between two readings of the ledger. */
export interface Rates {
  readonly consumed: number;
  readonly delivered: number;
  readonly dead: number;
  /** Time between the readings, in ms. */
  readonly overMs: number;
  /** Delivered, by pixel. */
  readonly deliveredBy: Readonly<Record<string, number>>;
}

/** Null for the same reading twice. A ledger that was reset counts from zero. */
export function ratesBetween(before: FleetStatus, after: FleetStatus): Rates | null {
  const overMs = after.at - before.at;
  if (overMs <= 0) return null;
  const perSecond = (from: number, to: number): number => (Math.max(to - from, 0) * 1000) / overMs;
  const [from, to] = [totalOf(before), totalOf(after)];
  const known = new Map(before.pixels.map(({ pixelId, ledger }) => [pixelId, ledger.delivered]));
  return {
    consumed: perSecond(from.consumed, to.consumed),
    delivered: perSecond(from.delivered, to.delivered),
    dead: perSecond(from.dead, to.dead),
    overMs,
    deliveredBy: Object.fromEntries(
      after.pixels.map(({ pixelId, ledger }) => [
        pixelId,
        perSecond(known.get(pixelId) ?? 0, ledger.delivered),
      ]),
    ),
  };
}

/** Rates are means over this time, in ms, so that they do not jump with every envelope. */
const WINDOW_MS = 10_000;

/** Keeps recent readings, and computes rates from them. */
export class Speedometer {
  private moments: FleetStatus[] = [];

  take(moment: FleetStatus): Rates | null {
    this.moments = this.moments.filter(({ at }) => at >= moment.at - WINDOW_MS);
    const [oldest] = this.moments;
    this.moments.push(moment);
    return oldest === undefined ? null : ratesBetween(oldest, moment);
  }
}
