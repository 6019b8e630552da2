import type { DeadLetterReason, KafkaCoordinates } from '#core/dead-letter.ts';
import type { KafkaMessage } from '#core/kafka-message.ts';
import type { NormalisedEvent } from '#core/server-event.ts';
import { asObject, type Json } from '#core/track-event.ts';
import type { Verdict } from '#core/verdict.ts';
import type { Warning } from '#core/warning.ts';
import type { Collector } from './collector.ts';

/** A pixel as ingest needs it. */
export interface Destination {
  readonly pixelId: string;
  readonly map: (event: unknown, now: number) => Verdict;
}

/** Told what became of each event; counted, never with anything personal. */
export interface ReaderCounters {
  enqueued(pixelId: string, event: NormalisedEvent): void;
  filtered(pixelId: string | null, reason: string): void;
  dead(pixelId: string | null, reason: DeadLetterReason): void;
  warned(pixelId: string, warning: Warning): void;
}

export interface Reader {
  /** Reads one message into the collector. Never throws, whatever the message is. */
  read(message: KafkaMessage, kafka: KafkaCoordinates, now: number, into: Collector): void;
}

export interface ReaderOptions {
  readonly maxMessageBytes: number;
  readonly counters: ReaderCounters;
  /** The trace that a message is part of; null where nobody traces it. */
  readonly traceOf: (headers: KafkaMessage['headers']) => string | null;
}

/** The reason counted when no pixel wants an event. */
const NO_DESTINATION = 'no_pixel';

/** Parses, routes, maps and sorts messages: the whole judgement of ingest, one event at a time. */
export function createReader(
  destinations: readonly Destination[],
  route: (topic: string | null, event: object) => readonly number[],
  options: ReaderOptions,
): Reader {
  const { maxMessageBytes, counters, traceOf } = options;

  const judge = (
    event: Json,
    destination: Destination,
    context: { message: KafkaMessage; kafka: KafkaCoordinates; now: number; into: Collector },
  ): void => {
    const { message, kafka, now, into } = context;
    const { pixelId } = destination;
    const verdict = destination.map(event, now);
    switch (verdict.outcome) {
      case 'deliver':
        into.deliver(pixelId, verdict.event, kafka, traceOf(message.headers));
        counters.enqueued(pixelId, verdict.event);
        for (const warning of verdict.warnings) counters.warned(pixelId, warning);
        return;
      case 'filter':
        into.filter(pixelId);
        counters.filtered(pixelId, verdict.reason);
        return;
      case 'reject': {
        const { reason, message: words } = verdict;
        into.bury({ pixelId, reason, message: words, diedAt: now }, kafka, message, event);
        counters.dead(pixelId, reason);
      }
    }
  };

  return {
    read(message, kafka, now, into) {
      const parsed = parse(message.value, maxMessageBytes);
      if ('reason' in parsed) {
        into.bury({ pixelId: null, ...parsed, diedAt: now }, kafka, message, null);
        counters.dead(null, parsed.reason);
        return;
      }
      const wanted = route(kafka.topic, parsed.event);
      if (wanted.length === 0) {
        into.filter(null);
        counters.filtered(null, NO_DESTINATION);
      }
      for (const index of wanted) {
        const destination = destinations[index];
        if (destination !== undefined)
          judge(parsed.event, destination, { message, kafka, now, into });
      }
    },
  };
}

type Parsed = { event: Json } | { reason: DeadLetterReason; message: string };

function parse(value: Buffer | null, maxBytes: number): Parsed {
  if (value === null || value.length === 0) return unreadable('the message has no value');
  if (value.length > maxBytes) {
    const message = `the message has ${value.length} bytes: ingest.maxMessageBytes allows ${maxBytes}`;
    return { reason: 'too_large', message };
  }
  try {
    const event = asObject(JSON.parse(value.toString('utf8')));
    return event === null ? unreadable('the message is JSON, but not an object') : { event };
  } catch {
    return unreadable('the message is not JSON');
  }
}

function unreadable(message: string): Parsed {
  return { reason: 'invalid_event', message };
}
