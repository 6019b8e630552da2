import type { KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';
import {
  excerptOf,
  type KafkaMessage,
  withDecoded,
  writeMessage,
} from '#core/event/kafka-message.ts';
import type { Json } from '#core/event/track-event.ts';
import { eventIdShown, eventNameShown } from '#core/privacy/harmless.ts';
import type { NewDeadLetter } from '#store/dead-letters/script-arguments.ts';

/** Why an event ends at ingest, and when. `pixelId` is null when no pixel could be told. */
type IngestFailure = Pick<
  NewDeadLetter['facts'],
  'pixelId' | 'reason' | 'message' | 'diedAt' | 'part' | 'schema'
>;

/**
 * The dead letter of an event that ends at ingest. It holds the original message, up to `maxBytes`; with a
 * schema also what it decodes to.
 * Never throws: a message whose headers cannot be written is kept without them.
 * @param event null where the message could not be read as one
 * @param horizonOf reads the horizon of an event as its pixel would, in Unix seconds
 */
export function createDeadLetter(
  failure: IngestFailure,
  kafka: KafkaCoordinates,
  original: KafkaMessage,
  event: Json | null,
  maxBytes: number,
  horizonOf: (event: Json) => number | null,
): NewDeadLetter {
  const isEncoded = failure.schema !== undefined && event !== null;
  const kept = isEncoded ? withDecoded(original, event, maxBytes) : original;
  const { content, note, truncatedFrom } = contentOf(kept, maxBytes);
  return {
    facts: {
      stage: 'ingest',
      ...failure,
      message: note === null ? failure.message : `${failure.message}; ${note}`,
      kafka,
      ...(event === null ? UNKNOWN_EVENT : eventFactsOf(event, horizonOf)),
      attempts: 0,
      replays: 0,
      refusal: null,
      unknown: false,
      holds: 'message',
      ...(truncatedFrom === null ? {} : { truncatedFrom }),
    },
    content,
  };
}

type EventFacts = Pick<NewDeadLetter['facts'], 'horizon' | 'eventName' | 'eventId'>;

const UNKNOWN_EVENT: EventFacts = { horizon: null, eventName: null, eventId: null };

/** Unknown where reading them fails, as it may have failed in the mapping. */
function eventFactsOf(event: Json, horizonOf: (event: Json) => number | null): EventFacts {
  try {
    return {
      horizon: horizonOf(event),
      eventName: shownAs(event['event'], eventNameShown),
      eventId: shownAs(event['messageId'], eventIdShown),
    };
  } catch {
    return UNKNOWN_EVENT;
  }
}

const BARE = 'its key and headers were not kept';

/** What is kept of a message, and a note that says what is not. */
function contentOf(original: KafkaMessage, maxBytes: number) {
  const keep = (message: KafkaMessage) => {
    const { message: kept, truncatedFrom, bare } = excerptOf(message, maxBytes);
    const notes = [
      ...(truncatedFrom === null ? [] : [`only its first ${maxBytes} bytes are kept`]),
      ...(bare ? [BARE] : []),
    ];
    return { content: writeMessage(kept), note: notes.join('; ') || null, truncatedFrom };
  };
  try {
    return keep(original);
  } catch {
    return { ...keep({ ...original, key: null, headers: {} }), note: BARE };
  }
}

/** Facts stay readable in exported lines: what could be a person's is replaced by a reference. */
function shownAs(value: unknown, as: (text: string) => string): string | null {
  return typeof value === 'string' && value !== '' ? as(value) : null;
}
