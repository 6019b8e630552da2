import type { Logger } from '#runtime/logger.ts';
import { type Metrics, setState } from '#runtime/metrics/registry.ts';
import type { LaneObserver, LaneState } from './observer.ts';

const LANE_STATES = ['open', 'throttled', 'blocked'] as const;

/** Turns what happens in the lane of a pixel into metrics, and changes of its state into log lines. */
export function createObserver(pixel: string, metrics: Metrics, logger: Logger): LaneObserver {
  let state: LaneState | null = null;
  const age = metrics.deliveryAge.labels({ pixel });
  const timeAge = metrics.eventTimeAge.labels({ pixel });
  return {
    batch(events, trigger) {
      metrics.workerBatches.inc({ pixel, trigger });
      metrics.workerBatchEvents.observe({ pixel }, events);
    },
    requestStarted: () => metrics.workerInFlight.inc({ pixel }),
    requestEnded(answer, seconds) {
      metrics.workerInFlight.dec({ pixel });
      metrics.workerRequestDuration.observe({ pixel }, seconds);
      const code = answer.kind === 'answered' ? String(answer.status) : answer.cause;
      metrics.workerRequests.inc({ pixel, code });
    },
    outcome(outcome, records) {
      metrics.workerOutcomes.inc({ pixel, outcome: outcome.kind });
      if (outcome.kind === 'retry' && outcome.unknown) {
        metrics.workerUnknown.inc({ pixel }, records.length);
      }
      if (outcome.kind !== 'delivered') return;
      const now = Date.now();
      metrics.workerAnswerWarnings.inc({ pixel }, outcome.warnings);
      metrics.workerLastDelivery.set({ pixel }, now / 1000);
      for (const { kafkaTimestamp, eventTime } of records) {
        age.observe((now - kafkaTimestamp) / 1000);
        timeAge.observe(now / 1000 - eventTime);
      }
    },
    settled(delivered, dead, retried) {
      metrics.workerEvents.inc({ pixel, outcome: 'delivered' }, delivered);
      metrics.workerEvents.inc({ pixel, outcome: 'dead' }, dead.length);
      metrics.workerEvents.inc({ pixel, outcome: 'retried' }, retried);
      for (const reason of dead) metrics.deadLetters.inc({ pixel, stage: 'worker', reason });
    },
    state(next, why) {
      setState(metrics.laneState, { pixel }, LANE_STATES, next);
      if (next === state) return;
      logger[next === 'open' ? 'info' : 'warn']({ pixel, state: next, why }, 'lane');
      state = next;
    },
    unreadable(envelope, error) {
      metrics.workerUnreadable.inc({ pixel });
      logger.error(
        { pixel, envelope, error },
        'an envelope cannot be opened; it stays in the queue',
      );
    },
  };
}
