import { type DeadLetterReason, deadLetterId, type KafkaCoordinates } from '#core/dead-letter.ts';
import { type KafkaMessage, writeMessage } from '#core/kafka-message.ts';
import type { DeadLetter } from '#queue/burial.ts';

/** Why an event ends at ingest. */
export interface Death {
  /** Null when the message could not be read far enough to know its pixel. */
  readonly pixelId: string | null;
  readonly reason: DeadLetterReason;
  readonly message: string;
  /** Unix ms. */
  readonly diedAt: number;
}

/** The dead letter of an event that ends at ingest: it holds the message as it was. */
export function letterOf(
  death: Death,
  kafka: KafkaCoordinates,
  original: KafkaMessage,
): DeadLetter {
  return {
    facts: {
      id: deadLetterId(kafka, death.pixelId),
      stage: 'ingest',
      ...death,
      kafka,
      horizon: null,
      eventName: null,
      eventId: null,
      attempts: 0,
      replays: 0,
      refusal: null,
      unknown: false,
      holds: 'message',
    },
    content: writeMessage(original),
  };
}
