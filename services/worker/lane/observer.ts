import type { DeadLetterReason } from '#core/dead-letter/dead-letter.ts';
import type { BatchTrigger } from '#core/delivery/batch.ts';
import type { GraphAnswer, Outcome } from '#core/outcome/answer.ts';
import { usageOf } from '#core/outcome/rate-headers.ts';
import { eventNameOf, type SendableRecord } from '#core/record/record.ts';
import type { Logger } from '#process/logger.ts';
import { boundedLabel, setState } from '#process/metrics/registry.ts';
import type { ServiceLog } from '#process/service-log.ts';
import { replayOf } from '#store/intake/envelope.ts';
import { CODES, EVENT_NAMES, LANE_STATES, type WorkerMetrics } from '../metrics.ts';
import type { PoisonAction } from './poison.ts';

type LaneStateName = (typeof LANE_STATES)[number];

/** A throttled or failing lane recovers by itself; a blocked one waits for a person, as a paused one was meant to. */
const LEVELS = {
  active: 'info',
  throttled: 'warn',
  failing: 'warn',
  blocked: 'error',
  paused: 'warn',
} as const;

/** The objective of freshness, in seconds. */
const IN_TIME_S = 300;

/** A day before Meta refuses an event for its age, in seconds. */
const NEAR_HORIZON_S = 6 * 86_400;

const KNOWN_CODES: ReadonlySet<string> = new Set(CODES);
const KNOWN_NAMES: ReadonlySet<string> = new Set(EVENT_NAMES);

/**
 * Turns what happens in the lane of a pixel into metrics, and changes of its state into log lines.
 * Nothing that it is given is personal except the records, which it only counts.
 */
export class LaneObserver {
  private readonly pixel: string;
  /** The pixel in metrics that are by pixel only where that is asked for. */
  private readonly detail: string;
  private readonly metrics: WorkerMetrics;
  private readonly logger: Logger;
  private readonly log: Pick<ServiceLog, 'dead' | 'did'>;
  private readonly age: { observe(seconds: number): void };
  private readonly timeAge: { observe(seconds: number): void };
  private state: LaneStateName | null = null;
  /** Why envelopes cannot be opened now. */
  private unreadable: string | null = null;

  constructor(
    pixel: string,
    metrics: WorkerMetrics,
    logger: Logger,
    log: Pick<ServiceLog, 'dead' | 'did'>,
  ) {
    this.pixel = pixel;
    this.metrics = metrics;
    this.logger = logger;
    this.log = log;
    this.detail = metrics.detailOf(pixel);
    this.age = metrics.deliveryAge.labels({ pixel: this.detail });
    this.timeAge = metrics.eventTimeAge.labels({ pixel: this.detail });
    metrics.workerInFlight.set({ pixel }, 0);
    metrics.rateLimitUsage.set({ pixel }, 0);
  }

  onBatch(events: number, trigger: BatchTrigger): void {
    const { pixel, detail, metrics, logger } = this;
    metrics.workerBatches.inc({ pixel: detail, trigger });
    metrics.workerBatchEvents.observe({ pixel: detail }, events);
    logger.debug({ pixel, events, trigger }, 'batch');
  }

  /** Events of a batch that resemble offenders go in a request of their own. */
  onSeparated(events: number): void {
    this.metrics.workerSeparated.inc({ pixel: this.detail }, events);
  }

  onRequest(): void {
    this.metrics.workerInFlight.inc({ pixel: this.pixel });
  }

  onAnswer(answer: GraphAnswer, seconds: number): void {
    const { pixel, detail, metrics, log } = this;
    log.did({ requests: 1 });
    metrics.workerInFlight.dec({ pixel });
    metrics.workerRequestDuration.observe({ pixel: detail }, seconds);
    const word = answer.kind === 'answered' ? String(answer.status) : answer.cause;
    const code = boundedLabel(metrics, 'code', word, KNOWN_CODES);
    metrics.workerRequests.inc({ pixel: detail, code });
    metrics.rateLimitUsage.set({ pixel }, usageOf(answer) / 100);
  }

  onOutcome(outcome: Outcome, records: readonly SendableRecord[]): void {
    const { pixel, metrics, logger } = this;
    metrics.workerOutcomes.inc({ pixel, outcome: outcome.kind });
    logger.debug({ pixel, events: records.length, outcome: outcome.kind }, 'answer');
    if (outcome.kind === 'retry' && outcome.unknown) {
      metrics.workerUnknown.inc({ pixel }, records.length);
    }
    if (outcome.kind === 'delivered') this.onDelivered(records, outcome.warnings);
  }

  /** A copy of a request for the shadow dataset. */
  onShadow(outcome: Outcome['kind'] | 'dropped'): void {
    this.metrics.shadowRequests.inc({ pixel: this.detail, outcome });
  }

  onSettled(
    id: string,
    delivered: number,
    dead: readonly DeadLetterReason[],
    retried: number,
  ): void {
    const { pixel, detail, metrics, log } = this;
    log.did({ delivered, dead: dead.length, retried });
    metrics.workerEvents.inc({ pixel, outcome: 'delivered' }, delivered);
    metrics.workerEvents.inc({ pixel, outcome: 'dead' }, dead.length);
    metrics.workerEvents.inc({ pixel, outcome: 'retried' }, retried);
    for (const reason of dead) {
      metrics.deadLetters.inc({ pixel, stage: 'worker', reason });
      log.dead(pixel, 'worker', reason, 1);
    }
    if (replayOf(id) === null) return;
    metrics.replayEvents.inc({ pixel: detail, outcome: 'delivered' }, delivered);
    metrics.replayEvents.inc({ pixel: detail, outcome: 'dead' }, dead.length);
  }

  /** @param open how many events of the envelope are still to be sent */
  onSettlementRefused(envelope: string, open: number): void {
    const { pixel, metrics, logger } = this;
    metrics.workerRefusedSettlements.inc({ pixel });
    logger.warn(
      { pixel, envelope, open },
      'a settlement was refused: Redis has another version of the envelope',
    );
  }

  /** A worker that vanished held these events: Meta may have them. */
  onTakenOver(events: number): void {
    this.metrics.workerUnknown.inc({ pixel: this.pixel }, events);
  }

  onUnreadable(envelope: string, why: string): void {
    const { pixel, metrics, logger } = this;
    metrics.workerUnreadable.inc({ pixel });
    if (why === this.unreadable) return;
    this.unreadable = why;
    logger.error({ pixel, envelope, why }, 'envelopes cannot be opened: they stay in the queue');
  }

  onReadable(): void {
    if (this.unreadable === null) return;
    this.unreadable = null;
    this.logger.info({ pixel: this.pixel }, 'envelopes can be opened again');
  }

  onPoison(envelope: string, action: PoisonAction): void {
    const { pixel, detail, metrics, logger } = this;
    metrics.workerPoison.inc({ pixel: detail, action });
    const level = action === 'try' ? 'info' : 'error';
    logger[level]({ pixel, envelope, action }, 'an envelope whose workers vanished');
  }

  onState(state: LaneStateName, why: string): void {
    const { pixel, detail, metrics, logger } = this;
    setState(metrics.laneState, { pixel }, LANE_STATES, state);
    if (state === this.state) return;
    this.state = state;
    if (state !== 'active') metrics.laneHalts.inc({ pixel: detail, state });
    logger[LEVELS[state]]({ pixel, state, why }, 'lane');
  }

  /** @param requests how many may be under way now */
  onLimit(requests: number): void {
    this.metrics.laneLimit.set({ pixel: this.pixel }, requests);
  }

  private onDelivered(records: readonly SendableRecord[], warnings: number): void {
    const { pixel, metrics } = this;
    const now = Date.now();
    metrics.workerAnswerWarnings.inc({ pixel }, warnings);
    metrics.workerLastDelivery.set({ pixel }, now / 1000);
    let [inTime, late, nearHorizon] = [0, 0, 0];
    for (const { kafkaTimestamp, eventTime } of records) {
      // No age is negative, and -1 is no time: a producer may write any timestamp.
      if (kafkaTimestamp >= 0) {
        const age = Math.max(now - kafkaTimestamp, 0) / 1000;
        this.age.observe(age);
        if (age <= IN_TIME_S) inTime += 1;
        else late += 1;
      }
      const timeAge = now / 1000 - eventTime;
      this.timeAge.observe(timeAge);
      if (timeAge > NEAR_HORIZON_S) nearHorizon += 1;
    }
    metrics.deliveries.inc({ pixel, age: 'in_time' }, inTime);
    metrics.deliveries.inc({ pixel, age: 'late' }, late);
    metrics.nearHorizon.inc({ pixel }, nearHorizon);
    for (const [event_name, n] of countNames(records)) {
      metrics.deliveredEvents.inc({ pixel: this.detail, event_name }, n);
    }
  }
}

/** Counts events by name: Meta's own, or custom. */
function countNames(records: readonly SendableRecord[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const record of records) {
    const name = eventNameOf(record);
    const shown = KNOWN_NAMES.has(name) ? name : 'custom';
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  }
  return counts;
}
