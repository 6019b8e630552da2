import type { DeadLetterReason } from '#core/dead-letter.ts';
import { type RetryPolicy, restBefore } from '#core/delivery/backoff.ts';
import type { Refusal } from '#core/outcome/answer.ts';
import { type OpenedRecord, readClear } from '#core/record.ts';
import type { DeadLetter } from '#queue/burial.ts';
import type { Source } from '#queue/envelope.ts';
import type { Disposition } from '#queue/lane.ts';
import type { Fate, Retry } from './delivery-rules.ts';

export interface JudgementPolicy {
  readonly retry: RetryPolicy;
  /** How long an envelope that cannot be opened rests, in ms. */
  readonly unreadableMs: number;
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
  const later: Later = { retry: null, behindMs: null };
  records.forEach((record, index) => {
    const fate = fates[index];
    if (fate?.kind === 'delivered') return;
    if (fate?.kind === 'rejected') {
      const reason = fate.tooLarge ? 'too_large' : 'rejected_by_meta';
      deadLetters.push(deadLetter(record, facts, { reason, refusal: fate.refusal, now }));
      return;
    }
    remaining.push(record);
    if (fate?.kind === 'retry') later.retry = fate.outcome;
    if (fate?.kind === 'held') later.behindMs = fate.behindMs ?? later.behindMs;
  });
  const delivered = records.length - deadLetters.length - remaining.length;
  const disposition = remaining.length === 0 ? DONE : dispose(later, facts, policy, chance);
  if (disposition !== null) return { delivered, deadLetters, remaining, disposition };
  const { refusal = null, unknown = false } = later.retry ?? {};
  const exhausted = { reason: 'out_of_retries', refusal, unknown, now } as const;
  deadLetters.push(...remaining.map((record) => deadLetter(record, facts, exhausted)));
  return { delivered, deadLetters, remaining: [], disposition: DONE };
}

const DONE: Disposition = { kind: 'done' };

/** Why events of an envelope are still to be sent. */
interface Later {
  retry: Retry | null;
  behindMs: number | null;
}

/** What the envelope does next; null when it has had enough. */
function dispose(
  { retry, behindMs }: Later,
  facts: EnvelopeFacts,
  policy: JudgementPolicy,
  chance: { random: number; stopping: boolean },
): Disposition | null {
  if (chance.stopping) return { kind: 'giveBack' };
  if (retry === null) {
    return behindMs === null ? { kind: 'giveBack' } : { kind: 'behind', waitMs: behindMs };
  }
  const restMs = restBefore(policy.retry, facts.failures + 1, chance.random);
  return restMs === null ? null : { kind: 'rest', restMs, why: retry.refusal.message };
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
