import type { DeadLetterReason } from '#core/dead-letter/dead-letter.ts';
import type { MetaError } from '#core/outcome/answer.ts';
import { eventIdShown, eventNameShown } from '#core/privacy/harmless.ts';
import { withoutTextsOf } from '#core/privacy/message-redaction.ts';
import type { RecordFacts } from '#core/record/record.ts';
import { readPlain, readRecord } from '#core/record/record.ts';
import type { NewDeadLetter } from '#store/dead-letters/script-arguments.ts';
import type { EnvelopeSource } from '#store/intake/envelope.ts';

/** What the dead letters of an envelope say of it. */
export interface EnvelopeFacts {
  readonly pixelId: string;
  readonly sources: readonly EnvelopeSource[];
  /** How often it failed before. */
  readonly failures: number;
}

/** The dead letter of an event that expired before it was sent. */
export function expired(record: RecordFacts, facts: EnvelopeFacts, now: number): NewDeadLetter {
  return deadLetter(record, facts, { reason: 'too_old', refusal: null, now });
}

/** The dead letter of an event whose envelope ended one worker after another. */
export function crashed(record: RecordFacts, facts: EnvelopeFacts, now: number): NewDeadLetter {
  return deadLetter(record, facts, { reason: 'crashed_worker', refusal: null, unknown: true, now });
}

const WORDS: { readonly [R in DeadLetterReason]?: string } = {
  too_old: 'its horizon passed while it waited: Meta refuses a whole request for one such event',
  too_large: 'Meta refuses a request that holds this event alone as too large',
  rejected_by_meta: 'Meta refuses this event',
  out_of_retries: 'every attempt failed; the last answer is kept here',
  crashed_worker: 'its envelope ended one worker after another, alone in the end',
};

export function deadLetter(
  record: RecordFacts,
  facts: EnvelopeFacts,
  cause: { reason: DeadLetterReason; refusal: MetaError | null; unknown?: boolean; now: number },
): NewDeadLetter {
  const [topic = 'unknown', partition = -1] = facts.sources[record.source] ?? [];
  const { offset, kafkaTimestamp: timestamp, horizon } = record;
  const plain = readPlain(record.line);
  const sent = cause.reason !== 'too_old' && cause.reason !== 'crashed_worker';
  const attempts = sent ? facts.failures + 1 : facts.failures;
  return {
    facts: {
      pixelId: facts.pixelId,
      stage: 'worker',
      reason: cause.reason,
      message: WORDS[cause.reason] ?? cause.reason,
      kafka: { topic, partition, offset, timestamp },
      diedAt: cause.now,
      horizon,
      eventName: eventNameShown(String(plain['event_name'])),
      eventId: plain['event_id'] === undefined ? null : eventIdShown(String(plain['event_id'])),
      attempts,
      replays: record.replays,
      refusal: withoutEcho(cause.refusal, record.line),
      unknown: cause.unknown ?? false,
      holds: 'record',
    },
    content: record.line,
  };
}

/** Meta's message is stored unsealed, and may quote the event. */
function withoutEcho(refusal: MetaError | null, line: Buffer): MetaError | null {
  if (refusal === null) return null;
  return { ...refusal, message: withoutTextsOf(readRecord(line), refusal.message) };
}
