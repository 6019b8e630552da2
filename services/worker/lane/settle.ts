import { delayWithin, type RetryPolicy, retryDelay } from '#core/delivery/backoff.ts';
import type { SendableRecord } from '#core/record/record.ts';
import type { DeadLetter } from '#store/dead-letters/script-arguments.ts';
import type { Disposition } from '#store/delivery/lane.ts';
import { deadLetter, type EnvelopeFacts, expired } from './dead-letter.ts';
import type { EventResult, Retry } from './delivery-rules.ts';
import type { PoisonPolicy } from './poison.ts';

export interface JudgementPolicy {
  readonly retry: RetryPolicy;
  /** How long an envelope that cannot be opened waits, in ms. */
  readonly unreadableMs: number;
  /** How long before its horizon an event is given up, in ms. */
  readonly marginMs: number;
  readonly suspects: PoisonPolicy;
}

/** What follows from the fates of an envelope's events. */
export interface Judgement {
  readonly delivered: number;
  readonly deadLetters: readonly DeadLetter[];
  readonly remaining: readonly SendableRecord[];
  /** Whether each of the remaining has failed alone, while others were accepted. */
  readonly isolated: boolean;
  readonly disposition: Disposition;
}

/**
 * From the fates of an envelope's events to what is settled and what the envelope does next.
 *
 * @param now Unix ms
 * @param random in [0, 1)
 */
export function judge(
  records: readonly SendableRecord[],
  fates: readonly EventResult[],
  facts: EnvelopeFacts,
  policy: JudgementPolicy,
  chance: { now: number; random: number; stopping: boolean },
): Judgement {
  const { now } = chance;
  const deadLetters: DeadLetter[] = [];
  const remaining: SendableRecord[] = [];
  const alone: SendableRecord[] = [];
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
    if (fate?.kind === 'retry' && fate.alone) alone.push(record);
    else remaining.push(record);
    later.horizon = Math.min(later.horizon, record.horizon);
    if (fate?.kind === 'retry') later.retry = fate.outcome;
    if (fate?.kind === 'held') later.behindMs = fate.behindMs ?? later.behindMs;
  });
  const inCompany = remaining.length > 0;
  // What failed alone goes last: when a turn ends early, the next one begins with the others.
  remaining.push(...alone);
  const shrinks = inCompany && remaining.length < records.length;
  const delivered = records.length - deadLetters.length - remaining.length;
  const disposition =
    remaining.length === 0 ? DONE : dispose({ ...later, shrinks }, facts, policy, chance);
  const isolated = !inCompany && delivered > 0;
  if (disposition !== null) return { delivered, deadLetters, remaining, isolated, disposition };
  const { refusal = null, unknown = false } = later.retry ?? {};
  const exhausted = { reason: 'out_of_retries', refusal, unknown, now } as const;
  deadLetters.push(...remaining.map((record) => deadLetter(record, facts, exhausted)));
  return { delivered, deadLetters, remaining: [], isolated: false, disposition: DONE };
}

/** After how many failures what becomes fewer rests, as far as the length of the rest goes. */
const FIRST = 1;

const DONE: Disposition = { kind: 'done' };

/** Why events of an envelope are still to be sent. */
interface Later {
  retry: Retry | null;
  behindMs: number | null;
  /** The first horizon among them, Unix seconds. */
  horizon: number;
}

/** True when others of the envelope have their fate, and perhaps one of these sinks the rest. */
type Shrinking = Later & { readonly shrinks: boolean };

/** What the envelope does next; null when it has had enough. */
function dispose(
  { retry, behindMs, horizon, shrinks }: Shrinking,
  facts: EnvelopeFacts,
  policy: JudgementPolicy,
  chance: { now: number; random: number; stopping: boolean },
): Disposition | null {
  if (chance.stopping) return { kind: 'giveBack' };
  if (retry === null) {
    return behindMs === null ? { kind: 'giveBack' } : { kind: 'behind', waitMs: behindMs };
  }
  const leftMs = horizon * 1000 - policy.marginMs - chance.now;
  if (shrinks) {
    // Innocent events must not use up the attempts of the one that keeps them waiting.
    const restMs = retryDelay(policy.retry, FIRST, chance.random) ?? policy.retry.baseMs;
    return { kind: 'behind', waitMs: delayWithin(restMs, leftMs) };
  }
  const restMs = retryDelay(policy.retry, facts.failures + 1, chance.random);
  if (restMs === null) return null;
  return { kind: 'rest', restMs: delayWithin(restMs, leftMs), why: retry.refusal.message };
}
