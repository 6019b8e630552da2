import type { Visit } from '#control/layout.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { NO_NAMES } from '#core/pixel-names.ts';
import type { DeadLetterGroup } from '#store/dead-letters/groups.ts';
import { noCounts } from '#store/dead-letters/replay/counts.ts';
import type { Replay } from '#store/dead-letters/replay/state.ts';

export const NOW = Date.UTC(2026, 10, 24, 12);
export const HOUR_MS = 3_600_000;

/** A text that an attacker might send. */
export const HOSTILE = '"><script>alert(1)</script>';

export function visit(mayAct: boolean): Visit {
  return {
    visitor: { name: 'ada', role: 'operator' },
    mayAct,
    names: NO_NAMES,
    token: 'the-token',
    path: '/',
    now: NOW,
  };
}

export function facts(change: Partial<DeadLetterFacts> = {}): DeadLetterFacts {
  return {
    id: 'abc.1',
    pixelId: '101',
    stage: 'worker',
    reason: 'rejected_by_meta',
    message: 'rejected',
    kafka: { topic: 'track-events', partition: 3, offset: 118_204, timestamp: NOW - 2 * HOUR_MS },
    diedAt: NOW - HOUR_MS,
    horizon: (NOW + 5 * HOUR_MS) / 1000,
    eventName: 'Purchase',
    eventId: 'e-1',
    attempts: 2,
    replays: 1,
    refusal: {
      status: 400,
      code: 100,
      subcode: 2_804_050,
      message: 'Invalid parameter',
      traceId: 'Trace1',
      index: 0,
    },
    unknown: true,
    holds: 'record',
    ...change,
  };
}

export function group(change: Partial<DeadLetterGroup> = {}): DeadLetterGroup {
  return {
    cause: 'cause-of-101',
    pixelId: '101',
    stage: 'worker',
    reason: 'rejected_by_meta',
    code: 100,
    subcode: 2_804_050,
    message: 'Invalid parameter: value of "Subscribe" is no number',
    events: 1234,
    oldest: NOW - 3 * HOUR_MS,
    newest: NOW,
    expired: 4,
    within: { '24h': 7, '72h': 7, '168h': 1230 },
    nextHorizon: (NOW + 5 * HOUR_MS) / 1000,
    died: [{ at: NOW - 3 * HOUR_MS, events: 1234 }],
    ...change,
  };
}

export function replay(change: Partial<Replay> = {}): Replay {
  const counts = { ...noCounts(), matched: 1000, replayed: 400 };
  counts.skipped.expired += 12;
  return {
    spec: {
      id: 'r1',
      where: 'reason:out_of_retries',
      last: 9,
      startedAt: NOW - 60_000,
      planned: 1000,
      max: null,
      rate: 200,
      canary: 10,
      stopAbove: 0.05,
      includeUnknown: false,
      forceLoop: false,
      by: 'ada',
      reason: 'token renewed',
    },
    state: 'running',
    why: null,
    cursor: null,
    held: [],
    counts,
    queued: 400,
    delivered: 390,
    died: 2,
    updatedAt: NOW,
    detached: true,
    awaitsPixels: false,
    ...change,
  };
}
