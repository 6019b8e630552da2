import { usageOf } from '#core/outcome/rate-headers.ts';
import { eventNameOf, type SendableRecord } from '#core/record/record.ts';
import type { Logger } from '#process/logger.ts';
import { boundedLabel, setState } from '#process/metrics/registry.ts';
import type { ServiceLog } from '#process/service-log.ts';
import { replayOf } from '#store/intake/envelope.ts';
import { CODES, EVENT_NAMES, LANE_STATES, type WorkerMetrics } from '../metrics.ts';
import type { SweepObserver } from '../sweep.ts';
import type { LaneObserver, LaneStateLabel } from './observer.ts';

/** A throttled or failing lane heals by itself; a blocked one waits for a person. */
const LEVELS = { active: 'info', throttled: 'warn', failing: 'warn', blocked: 'error' } as const;
const KNOWN_CODES: ReadonlySet<string> = new Set(CODES);
const KNOWN_NAMES: ReadonlySet<string> = new Set(EVENT_NAMES);

/** Turns what happens in the lane of a pixel into metrics, and changes of its state into log lines. */
export function createObserver(
  pixel: string,
  metrics: WorkerMetrics,
  logger: Logger,
  log: Pick<ServiceLog, 'dead'>,
): LaneObserver {
  let state: LaneStateLabel | null = null;
  let closed: string | null = null;
  const age = metrics.deliveryAge.labels({ pixel });
  const timeAge = metrics.eventTimeAge.labels({ pixel });
  metrics.workerInFlight.set({ pixel }, 0);
  metrics.rateLimitUsage.set({ pixel }, 0);
  return {
    batch(events, trigger) {
      metrics.workerBatches.inc({ pixel, trigger });
      metrics.workerBatchEvents.observe({ pixel }, events);
      logger.debug({ pixel, events, trigger }, 'batch');
    },
    screened: (events) => metrics.workerScreened.inc({ pixel }, events),
    requestStarted: () => metrics.workerInFlight.inc({ pixel }),
    requestEnded(answer, seconds) {
      metrics.workerInFlight.dec({ pixel });
      metrics.workerRequestDuration.observe({ pixel }, seconds);
      const word = answer.kind === 'answered' ? String(answer.status) : answer.cause;
      const code = boundedLabel(metrics, 'code', word, KNOWN_CODES);
      metrics.workerRequests.inc({ pixel, code });
      metrics.rateLimitUsage.set({ pixel }, usageOf(answer) / 100);
    },
    outcome(outcome, records) {
      metrics.workerOutcomes.inc({ pixel, outcome: outcome.kind });
      logger.debug({ pixel, events: records.length, outcome: outcome.kind }, 'answer');
      if (outcome.kind === 'retry' && outcome.unknown) {
        metrics.workerUnknown.inc({ pixel }, records.length);
      }
      if (outcome.kind !== 'delivered') return;
      const now = Date.now();
      metrics.workerAnswerWarnings.inc({ pixel }, outcome.warnings);
      metrics.workerLastDelivery.set({ pixel }, now / 1000);
      for (const { kafkaTimestamp, eventTime } of records) {
        // Nothing is younger than nothing, and -1 is no time: a producer may write what it likes.
        if (kafkaTimestamp >= 0) age.observe(Math.max(now - kafkaTimestamp, 0) / 1000);
        timeAge.observe(now / 1000 - eventTime);
      }
      for (const [event_name, n] of countNames(records)) {
        metrics.deliveredEvents.inc({ pixel, event_name }, n);
      }
    },
    recovered: (events) => metrics.workerUnknown.inc({ pixel }, events),
    settled(envelopeId, delivered, dead, retried) {
      metrics.workerEvents.inc({ pixel, outcome: 'delivered' }, delivered);
      metrics.workerEvents.inc({ pixel, outcome: 'dead' }, dead.length);
      metrics.workerEvents.inc({ pixel, outcome: 'retried' }, retried);
      for (const reason of dead) {
        metrics.deadLetters.inc({ pixel, stage: 'worker', reason });
        log.dead(pixel, 'worker', reason, 1);
      }
      if (replayOf(envelopeId) === null) return;
      metrics.replayEvents.inc({ pixel, outcome: 'delivered' }, delivered);
      metrics.replayEvents.inc({ pixel, outcome: 'dead' }, dead.length);
    },
    refused(envelope, open) {
      metrics.workerRefusedSettlements.inc({ pixel });
      logger.warn(
        { pixel, envelope, open },
        'what became of an envelope is not counted: Redis has it otherwise by now',
      );
    },
    state(next, why) {
      setState(metrics.laneState, { pixel }, LANE_STATES, next);
      if (next === state) return;
      if (next !== 'active') metrics.laneHalts.inc({ pixel, state: next });
      logger[LEVELS[next]]({ pixel, state: next, why }, 'lane');
      state = next;
    },
    limit: (requests) => metrics.laneLimit.set({ pixel }, requests),
    unreadable(envelope, why) {
      metrics.workerUnreadable.inc({ pixel });
      if (why === closed) return;
      closed = why;
      logger.error({ pixel, envelope, why }, 'envelopes cannot be opened: they stay in the queue');
    },
    readable() {
      if (closed === null) return;
      closed = null;
      logger.info({ pixel }, 'an envelope opens again');
    },
    suspect(envelope, action) {
      metrics.workerPoison.inc({ pixel, action });
      const level = action === 'try' ? 'info' : 'error';
      logger[level]({ pixel, envelope, action }, 'an envelope whose workers vanished');
    },
  };
}

/** Counts envelopes that were in Redis only in part, and names each of them in the log. */
export function createSweepObserver(metrics: WorkerMetrics, logger: Logger): SweepObserver {
  return {
    healed(pixel, envelope, kind, events) {
      metrics.queueOrphans.inc({ pixel, kind });
      const level = kind === 'lost' ? 'error' : 'warn';
      logger[level](
        { pixel, envelope, kind, events },
        'an envelope was in Redis only in part, and was set right',
      );
    },
  };
}

/** How many events of each name: Meta's own, or custom. */
function countNames(records: readonly SendableRecord[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const record of records) {
    const name = eventNameOf(record);
    const shown = KNOWN_NAMES.has(name) ? name : 'custom';
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  }
  return counts;
}
