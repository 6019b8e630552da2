import type { DeadLetterReason, KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';
import { type EventDecoder, PLAIN_JSON } from '#core/event/event-decoder.ts';
import type { KafkaMessage } from '#core/event/kafka-message.ts';
import type { Json, SchemaKey } from '#core/event/track-event.ts';
import { createHorizon } from '#core/fields/head-fields.ts';
import {
  DUPLICATE,
  MAPPING_FAILED,
  type MappingResult,
  UNROUTED,
} from '#core/mapping/mapping-result.ts';
import type { EventPart, Mapped } from '#core/mapping/pixel-mapper.ts';
import { faultOf } from '#core/privacy/fault.ts';
import { type BatchFault, batchRefusal } from '#kafka/fetch/fetched-record.ts';
import type { IngestCounters } from '../counters.ts';
import type { LiveParking } from '../parking/live-parking.ts';
import type { IntakeBuilder } from './builder.ts';
import { createDeadLetter } from './dead-letter.ts';
import type { DuplicateWindow } from './duplicates.ts';
import type { PixelMapping, PixelMappings } from './mappings.ts';
import type { IntakeReceipts } from './receipts.ts';

export interface ReaderDeps {
  readonly builder: IntakeBuilder;
  readonly counters: Pick<
    IngestCounters,
    'enqueued' | 'filtered' | 'dead' | 'warned' | 'failed' | 'parked'
  >;
  /** Null where nothing is parked, or parked events are read again. */
  readonly parking?: Pick<LiveParking, 'any' | 'holds'> | null;
  readonly maxMessageBytes: number;
  /** Reads the values of messages; of plain JSON where there is none. */
  readonly decoder?: Pick<EventDecoder, 'decode'>;
  /** Null where no receipts are kept. */
  readonly receipts?: Pick<IntakeReceipts, 'nameOf'> | null;
  /** Null where repeated events are not recognised. */
  readonly window?: Pick<DuplicateWindow, 'isRepeated'> | null;
  /** The trace that a message is part of; null where it has none. */
  readonly traceOf: (headers: KafkaMessage['headers']) => string | null;
}

/** For an event of which no pixel can be told. */
const usualHorizon = createHorizon(null);

/** One message, and its event as far as it could be parsed. */
interface Reading {
  readonly message: KafkaMessage;
  readonly kafka: KafkaCoordinates;
  readonly now: number;
  readonly event: Json | null;
  /** The schema that the message names; undefined where it names none. */
  readonly schema?: SchemaKey | undefined;
  /** For receipts; null where none are kept of it. */
  readonly name: Buffer | null;
}

/** Parses, routes and maps messages, one event at a time, and puts the results into the builder. */
export class Reader {
  /** Exchanged whole when the configuration changes. */
  mappings: PixelMappings;
  private readonly deps: ReaderDeps;
  private readonly decoder: Pick<EventDecoder, 'decode'>;

  constructor(mappings: PixelMappings, deps: ReaderDeps) {
    this.mappings = mappings;
    this.deps = deps;
    this.decoder = deps.decoder ?? PLAIN_JSON;
  }

  /**
   * Reads one message. Never throws, whatever the message is.
   * @returns false where its schema has to be loaded first: nothing of it was read
   */
  read(message: KafkaMessage, kafka: KafkaCoordinates, now: number): boolean {
    const parsed = this.decoder.decode(message, kafka.topic, this.deps.maxMessageBytes);
    if ('needs' in parsed) return false;
    const { schema } = parsed;
    if ('reason' in parsed) {
      this.addDeadLetter(null, parsed, { message, kafka, now, event: null, schema, name: null });
      return true;
    }
    this.readEvent(parsed.event, { message, kafka, now, schema });
    return true;
  }

  private readEvent(event: Json, read: Omit<Reading, 'event' | 'name'>): void {
    const { kafka, now } = read;
    const name = this.deps.receipts?.nameOf(event['messageId'], kafka) ?? null;
    const reading = { ...read, event, name };
    const { pixels, route } = this.mappings;
    let routes: readonly number[];
    try {
      routes = route(kafka.topic, event);
    } catch (error) {
      this.addDeadLetter(null, failureOf(error), reading);
      return;
    }
    if (routes.length === 0) this.filter(null, UNROUTED, name);
    for (const index of routes) {
      const pixel = pixels[index];
      if (pixel === undefined || this.isParked(pixel.pixelId, reading)) continue;
      this.addResult(pixel, pixel.map(event, now), reading);
    }
  }

  /**
   * Reads a message again that was parked for some pixels. What belonged to none of them is done.
   * @returns those of them that it goes to; null where its schema has to be loaded first; `unreadable`
   *   where it cannot be told to whom it goes
   */
  readParked(
    message: KafkaMessage,
    kafka: KafkaCoordinates,
    now: number,
    wanted: (pixelId: string) => boolean,
  ): string[] | null | 'unreadable' {
    const parsed = this.decoder.decode(message, kafka.topic, this.deps.maxMessageBytes);
    if ('needs' in parsed) return null;
    if ('reason' in parsed) return 'unreadable';
    const { event, schema } = parsed;
    const { pixels, route } = this.mappings;
    let routes: readonly number[];
    try {
      routes = route(kafka.topic, event);
    } catch {
      // If it was so when it was read first, it became a dead letter then.
      return 'unreadable';
    }
    const own = routes.flatMap((index) => pixels[index] ?? []);
    const due = own.filter(({ pixelId }) => wanted(pixelId));
    if (due.length === 0) return [];
    const name = this.deps.receipts?.nameOf(event['messageId'], kafka) ?? null;
    const reading = { message, kafka, now, event, schema, name };
    for (const pixel of due) this.addResult(pixel, pixel.map(event, now), reading);
    return due.map(({ pixelId }) => pixelId);
  }

  /**
   * Makes one dead letter of a record batch that cannot be opened. It counts as one event, because the
   * number of its messages is only what its sender claims.
   */
  refuse(fault: BatchFault, kafka: KafkaCoordinates, now: number): void {
    const original = { key: null, value: fault.bytes, headers: {} };
    this.addDeadLetter(null, batchRefusal(fault), {
      ...{ message: original, kafka, now },
      ...{ event: null, name: null },
    });
  }

  private isParked(pixelId: string, { kafka, name }: Reading): boolean {
    const { parking, builder, counters } = this.deps;
    if (!parking?.any || !parking.holds(pixelId, kafka)) return false;
    builder.countParked(pixelId, name);
    counters.parked(pixelId);
    return true;
  }

  private addResult(pixel: PixelMapping, result: Mapped, reading: Reading, part?: EventPart): void {
    switch (result.outcome) {
      case 'several':
        for (const each of result.results) this.addResult(pixel, each.result, reading, each.part);
        break;
      case 'deliver':
        this.addRecord(pixel, result, reading, part);
        break;
      case 'filter':
        this.filter(pixel.pixelId, result.reason, reading.name);
        break;
      case 'reject':
        this.addDeadLetter(pixel, result, reading, part);
    }
  }

  private addRecord(
    pixel: PixelMapping,
    { event, warnings }: Extract<MappingResult, { outcome: 'deliver' }>,
    reading: Reading,
    part: EventPart,
  ): void {
    const { builder, counters, traceOf, window } = this.deps;
    const { message, kafka, name } = reading;
    const { pixelId } = pixel;
    let trace: string | null;
    let record: string;
    try {
      trace = traceOf(message.headers);
      record = builder.recordOf(event, kafka, trace);
    } catch (error) {
      this.addDeadLetter(pixel, failureOf(error), reading, part);
      return;
    }
    if (window?.isRepeated(pixelId, reading.event?.['messageId'], part)) {
      this.filter(pixelId, DUPLICATE, name);
      return;
    }
    builder.addRecord(pixelId, record, kafka, trace, name);
    counters.enqueued(pixelId, event);
    for (const warning of warnings) counters.warned(pixelId, warning);
  }

  private filter(pixelId: string | null, reason: string, name: Buffer | null): void {
    this.deps.builder.countFiltered(pixelId, reason, name);
    this.deps.counters.filtered(pixelId, reason);
  }

  private addDeadLetter(
    pixel: Pick<PixelMapping, 'pixelId' | 'horizonOf'> | null,
    { reason, message: why }: { readonly reason: DeadLetterReason; readonly message: string },
    { message, kafka, now, event, schema, name }: Reading,
    part?: EventPart,
  ): void {
    const { builder, counters, maxMessageBytes } = this.deps;
    const pixelId = pixel?.pixelId ?? null;
    const which = part === undefined ? {} : { part };
    const named = schema === undefined ? {} : { schema };
    const failure = { pixelId, reason, message: why, diedAt: now, ...which, ...named };
    const horizonOf = pixel?.horizonOf ?? usualHorizon;
    const letter = createDeadLetter(failure, kafka, message, event, maxMessageBytes, horizonOf);
    builder.addDeadLetter(letter, name);
    counters.dead(pixelId, reason);
    if (reason === MAPPING_FAILED) counters.failed(why);
  }
}

/** The last net: an error of our own code ends that message, not the process. */
function failureOf(error: unknown): { reason: typeof MAPPING_FAILED; message: string } {
  const message = `capi-relay failed on this message: ${faultOf(error)}`;
  return { reason: MAPPING_FAILED, message };
}
