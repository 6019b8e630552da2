import { type RetryPolicy, restBefore, restWithin } from '#core/delivery/backoff.ts';
import type { OpenedRecord } from '#core/record.ts';
import type { DeadLetter } from '#queue/burial.ts';
import type { Disposition } from '#queue/lane.ts';
import { deadLetter, type EnvelopeFacts, expired } from './dead-letter.ts';
import type { Fate, Retry } from './delivery-rules.ts';
import type { SuspectPolicy } from './suspects.ts';

export interface JudgementPolicy {
  readonly retry: RetryPolicy;
  /** How long an envelope that cannot be opened waits, in ms. */
  readonly unreadableMs: number;
  /** How long before its horizon an event is given up, in ms. */
  readonly marginMs: number;
  readonly suspects: SuspectPolicy;
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
  const later: Later = { retry: null, behindMs: null, horizon: Number.POSITIVE_INFINITY };
  records.forEach((record, index) => {
    const fate = fates[index];
    if (fate?.kind === 'delivered') return;
    if (fate?.kind === 'rejected') {
      const reason = fate.tooLarge ? 'too_large' : 'rejected_by_meta';
      deadLetters.push(deadLetter(record, facts, { reason, refusal: fate.refusal, now }));
      return;
    }
    if (fate?.kind === 'expired') {
      deadLetters.push(expired(record, facts, now));
      return;
    }
    remaining.push(record);
    later.horizon = Math.min(later.horizon, record.horizon);
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
  /** The first horizon among them, Unix seconds. */
  horizon: number;
}

/** What the envelope does next; null when it has had enough. */
function dispose(
  { retry, behindMs, horizon }: Later,
  facts: EnvelopeFacts,
  policy: JudgementPolicy,
  chance: { now: number; random: number; stopping: boolean },
): Disposition | null {
  if (chance.stopping) return { kind: 'giveBack' };
  if (retry === null) {
    return behindMs === null ? { kind: 'giveBack' } : { kind: 'behind', waitMs: behindMs };
  }
  const restMs = restBefore(policy.retry, facts.failures + 1, chance.random);
  if (restMs === null) return null;
  const leftMs = horizon * 1000 - policy.marginMs - chance.now;
  return { kind: 'rest', restMs: restWithin(restMs, leftMs), why: retry.refusal.message };
}
