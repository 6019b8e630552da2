import type { DeadLetterReason, KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';
import type { KafkaMessage } from '#core/event/kafka-message.ts';
import type { NormalisedEvent } from '#core/event/server-event.ts';
import { type Json, parseEvent } from '#core/event/track-event.ts';
import type { Warning } from '#core/event/warning.ts';
import { MAPPING_FAILED, type MappingResult } from '#core/mapping/mapping-result.ts';
import { faultOf } from '#core/privacy/fault.ts';
import type { BatchFault } from '#kafka/fetch/fetched-record.ts';
import type { IntakeBuilder } from './builder.ts';
import { createDeadLetter } from './dead-letter.ts';

/** A pixel as ingest needs it. */
export interface PixelMapper {
  readonly pixelId: string;
  readonly map: (event: unknown, now: number) => MappingResult;
}

/** Told what became of each event; counted, never with anything personal. */
export interface ReaderCounters {
  enqueued(pixelId: string, event: NormalisedEvent): void;
  filtered(pixelId: string | null, reason: string): void;
  dead(pixelId: string | null, reason: DeadLetterReason): void;
  warned(pixelId: string, warning: Warning): void;
  /** A message on which our own code failed; the words hold nothing of it. */
  failed(words: string): void;
}

export interface Reader {
  /** Reads one message into the builder. Never throws, whatever the message is. */
  read(message: KafkaMessage, kafka: KafkaCoordinates, now: number, into: IntakeBuilder): void;
  /**
   * Makes one dead letter of a record batch that cannot be opened. It counts as one event, because
   * how many it holds is the word of whoever sent it.
   */
  refuse(fault: BatchFault, kafka: KafkaCoordinates, now: number, into: IntakeBuilder): void;
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
  destinations: readonly PixelMapper[],
  route: (topic: string | null, event: object) => readonly number[],
  options: ReaderOptions,
): Reader {
  const { maxMessageBytes, counters, traceOf } = options;

  const bury = (
    pixelId: string | null,
    why: { readonly reason: DeadLetterReason; readonly message: string },
    event: Json | null,
    { message, kafka, now, into }: Reading,
  ): void => {
    const { reason, message: words } = why;
    const death = { pixelId, reason, message: words, diedAt: now };
    into.addDeadLetter(createDeadLetter(death, kafka, message, event, maxMessageBytes));
    counters.dead(pixelId, why.reason);
    if (why.reason === MAPPING_FAILED) counters.failed(why.message);
  };

  const judge = (event: Json, { pixelId, map }: PixelMapper, reading: Reading): void => {
    const { message, kafka, now, into } = reading;
    const verdict = map(event, now);
    switch (verdict.outcome) {
      case 'deliver': {
        let trace: string | null;
        let record: string;
        try {
          trace = traceOf(message.headers);
          record = into.recordOf(verdict.event, kafka, trace);
        } catch (error) {
          bury(pixelId, failureOf(error), event, reading);
          return;
        }
        into.addRecord(pixelId, record, kafka, trace);
        counters.enqueued(pixelId, verdict.event);
        for (const warning of verdict.warnings) counters.warned(pixelId, warning);
        return;
      }
      case 'filter':
        into.countFiltered(pixelId);
        counters.filtered(pixelId, verdict.reason);
        return;
      case 'reject':
        bury(pixelId, verdict, event, reading);
    }
  };

  return {
    refuse({ kind, records, message, bytes }, kafka, now, into) {
      const reason = kind === 'too_large' ? kind : 'invalid_event';
      const words = `${message}; by its header it holds ${records} messages`;
      const original = { key: null, value: bytes, headers: {} };
      bury(null, { reason, message: words }, null, { message: original, kafka, now, into });
    },
    read(message, kafka, now, into) {
      const reading = { message, kafka, now, into };
      const parsed = parseEvent(message.value, maxMessageBytes);
      if ('reason' in parsed) return bury(null, parsed, null, reading);
      const { event } = parsed;
      let wanted: readonly number[];
      try {
        wanted = route(kafka.topic, event);
      } catch (error) {
        return bury(null, failureOf(error), event, reading);
      }
      if (wanted.length === 0) {
        into.countFiltered(null);
        counters.filtered(null, NO_DESTINATION);
      }
      for (const index of wanted) {
        const destination = destinations[index];
        if (destination !== undefined) judge(event, destination, reading);
      }
    },
  };
}

/** One message, with where it came from and where it goes. */
interface Reading {
  readonly message: KafkaMessage;
  readonly kafka: KafkaCoordinates;
  readonly now: number;
  readonly into: IntakeBuilder;
}

/** The last net: what a message makes our own code throw ends that message, not the process. */
function failureOf(error: unknown): { reason: typeof MAPPING_FAILED; message: string } {
  const message = `capi-relay failed on this message: ${faultOf(error)}`;
  return { reason: MAPPING_FAILED, message };
}
