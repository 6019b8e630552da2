import { type DeadLetterReason, deadLetterId } from '#core/dead-letter.ts';
import { type RetryPolicy, restBefore } from '#core/delivery/backoff.ts';
import type { Refusal } from '#core/outcome/answer.ts';
import { type OpenedRecord, readClear } from '#core/record.ts';
import type { DeadLetter } from '#queue/burial.ts';
import type { Source } from '#queue/envelope.ts';
import type { Disposition } from '#queue/lane.ts';
import type { Fate, Later } from './deliver.ts';

export interface JudgementPolicy {
  readonly retry: RetryPolicy;
  /** How long to wait when Meta throttles and does not say how long, in ms. */
  readonly throttleMs: number;
  /** How long a blocked lane waits before it tries again, in ms. */
  readonly probeMs: number;
}

/** Where an envelope stands: what its dead letters need to say. */
export interface EnvelopeFacts {
  readonly pixelId: string;
  readonly sources: readonly Source[];
  /** How often it failed before. */
  readonly failures: number;
}

/** What follows from the fates of an envelope's events. */
export interface Judgement {
  readonly delivered: number;
  readonly deadLetters: readonly DeadLetter[];
  readonly remaining: readonly OpenedRecord[];
  readonly disposition: Disposition;
}

/**
 * From the fates of an envelope's events to what is settled and what the envelope does next.
 *
 * @param now Unix ms
 * @param random in [0, 1)
 */
export function judge(
  records: readonly OpenedRecord[],
  fates: readonly Fate[],
  facts: EnvelopeFacts,
  policy: JudgementPolicy,
  chance: { now: number; random: number; stopping: boolean },
): Judgement {
  const { now } = chance;
  const deadLetters: DeadLetter[] = [];
  const remaining: OpenedRecord[] = [];
  let later: Later | null = null;
  records.forEach((record, index) => {
    const fate = fates[index];
    if (fate?.kind === 'rejected') {
      const reason = fate.tooLarge ? 'too_large' : 'rejected_by_meta';
      deadLetters.push(deadLetter(record, facts, { reason, refusal: fate.refusal, now }));
    } else if (fate?.kind === 'later') {
      later = fate.outcome;
      remaining.push(record);
    }
  });
  const delivered = records.length - deadLetters.length - remaining.length;
  const disposition = dispose(later, facts, policy, chance);
  if (disposition !== null) return { delivered, deadLetters, remaining, disposition };
  const refusal = (later as Later | null)?.refusal ?? null;
  const exhausted = { reason: 'out_of_retries', refusal, unknown: isUnknown(later), now } as const;
  deadLetters.push(...remaining.map((record) => deadLetter(record, facts, exhausted)));
  return { delivered, deadLetters, remaining: [], disposition: { kind: 'done' } };
}

/** What the envelope does next; null when it has had enough. */
function dispose(
  later: Later | null,
  facts: EnvelopeFacts,
  policy: JudgementPolicy,
  chance: { random: number; stopping: boolean },
): Disposition | null {
  if (later === null) return { kind: 'done' };
  if (chance.stopping) return { kind: 'giveBack' };
  if (later.kind === 'throttled') {
    return { kind: 'pause', pauseMs: later.waitMs ?? policy.throttleMs };
  }
  if (later.kind === 'blocked') return { kind: 'pause', pauseMs: policy.probeMs };
  const restMs = restBefore(policy.retry, facts.failures + 1, chance.random);
  return restMs === null ? null : { kind: 'rest', restMs, why: later.refusal.message };
}

function isUnknown(later: Later | null): boolean {
  return later?.kind === 'retry' && later.unknown;
}

/** The dead letter of an event that was past its horizon before it could be sent. */
export function expired(record: OpenedRecord, facts: EnvelopeFacts, now: number): DeadLetter {
  return deadLetter(record, facts, { reason: 'too_old', refusal: null, now });
}

const WORDS: { readonly [R in DeadLetterReason]?: string } = {
  too_old: 'its horizon passed while it waited: Meta refuses a whole request for one such event',
  too_large: 'Meta refuses a request that holds this event alone as too large',
  rejected_by_meta: 'Meta refuses this event',
  out_of_retries: 'every attempt failed; the last answer is kept here',
};

function deadLetter(
  record: OpenedRecord,
  facts: EnvelopeFacts,
  death: { reason: DeadLetterReason; refusal: Refusal | null; unknown?: boolean; now: number },
): DeadLetter {
  const [topic = 'unknown', partition = -1] = facts.sources[record.source] ?? [];
  const { offset, kafkaTimestamp: timestamp, horizon } = record;
  const clear = readClear(record.line);
  const attempts = death.reason === 'too_old' ? facts.failures : facts.failures + 1;
  return {
    facts: {
      id: deadLetterId({ topic, partition, offset }, facts.pixelId),
      pixelId: facts.pixelId,
      stage: 'worker',
      reason: death.reason,
      message: WORDS[death.reason] ?? death.reason,
      kafka: { topic, partition, offset, timestamp },
      diedAt: death.now,
      horizon,
      eventName: String(clear['event_name']),
      eventId: clear['event_id'] === undefined ? null : String(clear['event_id']),
      attempts,
      replays: record.replays,
      refusal: death.refusal,
      unknown: death.unknown ?? false,
      holds: 'record',
    },
    content: record.line,
  };
}
