import type { DeadLetterReason } from '#core/dead-letter/dead-letter.ts';
import type { MetaError } from '#core/outcome/answer.ts';
import { eventIdShown, eventNameShown } from '#core/privacy/harmless.ts';
import { withoutTextsOf } from '#core/privacy/message-redaction.ts';
import { type RecordFacts, readPlain, readRecord } from '#core/record/record.ts';
import type { NewDeadLetter } from '#store/dead-letters/script-arguments.ts';
import type { EnvelopeSource } from '#store/intake/envelope.ts';

/** What the dead letters of an envelope say of it. */
export interface EnvelopeFacts {
  readonly pixelId: string;
  readonly sources: readonly EnvelopeSource[];
  /** How often it failed before. */
  readonly failures: number;
}

const MESSAGES: { readonly [R in DeadLetterReason]?: string } = {
  too_old: 'it expired while it waited: Meta rejects a whole request for one expired event',
  too_large: 'Meta rejects a request with this event alone as too large',
  rejected_by_meta: 'Meta rejects this event',
  out_of_retries: 'every attempt failed; the last answer is kept here',
  crashed_worker: 'its envelope ended one worker after another, even when processed alone',
};

export function deadLetter(
  record: RecordFacts,
  facts: EnvelopeFacts,
  cause: { reason: DeadLetterReason; refusal?: MetaError | null; unknown?: boolean; now: number },
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
      message: MESSAGES[cause.reason] ?? cause.reason,
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
function withoutEcho(refusal: MetaError | null | undefined, line: Buffer): MetaError | null {
  if (!refusal) return null;
  return { ...refusal, message: withoutTextsOf(readRecord(line), refusal.message) };
}
