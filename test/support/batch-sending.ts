import { OffenderPatterns } from '#core/delivery/offender-patterns.ts';
import { hashRecord, type SendableRecord, writeRecord } from '#core/record/record.ts';
import type { BatcherDeps } from '#worker/lane/batcher.ts';
import type { EventResult, OutgoingBatch } from '#worker/lane/outgoing-batch.ts';
import { BatchSender, type SenderDeps } from '#worker/lane/sender.ts';

export const EVENT_TIME = 1_763_632_800;

/** A record as the worker has it. */
export function recordAt(
  offset: number,
  {
    fbc,
    eventTime = EVENT_TIME,
    testEventCode,
  }: { fbc?: string; eventTime?: number; testEventCode?: string } = {},
): SendableRecord {
  const plain = {
    event_name: 'Purchase',
    event_time: eventTime,
    event_id: `e${offset}`,
    action_source: 'website' as const,
    user_data: fbc === undefined ? {} : { fbc },
  };
  const code = testEventCode === undefined ? {} : { testEventCode };
  const line = writeRecord({ plain, personal: {}, ...code }, { offset, timestamp: 0 }, 0);
  return hashRecord(Buffer.from(line));
}

/** A lane that is active, and whose requests are answered by `request`. */
export function sendingDeps(
  request: SenderDeps['requester']['request'],
  over: Partial<SenderDeps> = {},
): SenderDeps {
  return {
    pixelId: '1',
    requester: { request },
    state: {
      phase: 'active',
      halt: null,
      acceptedRequests: 0,
      onAccepted() {
        this.acceptedRequests += 1;
      },
      onRejected: () => false,
      async onSuspectFailed() {},
      resetRejections() {},
      async block() {},
    },
    patterns: new OffenderPatterns(),
    observer: { onBatch() {}, onSeparated() {} },
    tracing: { batch: () => null },
    probeEvents: 10,
    marginMs: 60_000,
    now: () => EVENT_TIME * 1000,
    random: () => 0.4,
    ...over,
  };
}

/** What becomes of the events of one batch. */
export function sendBatch(
  records: readonly SendableRecord[],
  deps: SenderDeps,
  over: Partial<OutgoingBatch> = {},
): Promise<EventResult[]> {
  const confirm = async () => [];
  return new BatchSender(deps, {
    records,
    trigger: 'count',
    suspect: null,
    confirm,
    ...over,
  }).send();
}

/** As many requests at once as are asked for. */
export const UNLIMITED: BatcherDeps['requests'] = {
  ask: (_lane, _units, grant) => grant(),
  release() {},
  dismiss() {},
};
