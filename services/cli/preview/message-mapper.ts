import type { Configuration } from '#config/configuration.ts';
import type { KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';
import type { EventDecoder } from '#core/event/event-decoder.ts';
import { createRouter } from '#core/event/routing.ts';
import { UNDECODABLE } from '#core/event/track-event.ts';
import type { Trace } from '#core/mapping/draft.ts';
import { mappingFailed } from '#core/mapping/mapping-result.ts';
import { batchRefusal } from '#kafka/fetch/fetched-record.ts';
import type { SampledMessage } from '#kafka/sample/sample.ts';
import {
  type MappedLine,
  type MappedPixel,
  mapFor,
  type PreviewContext,
  targetsOf,
  UNSELECTED,
  unmappedLine,
} from './line-mapper.ts';

/** Where a message is in Kafka, for people. */
export function placeOf({ topic, partition, offset }: Omit<KafkaCoordinates, 'timestamp'>): string {
  return `${topic}/${partition} offset ${offset}`;
}

/** The sections of a configuration by which messages are mapped. */
export type MappingSections = {
  readonly pixels: readonly MappedPixel[];
  readonly ingest: Pick<Configuration['ingest'], 'maxMessageBytes'>;
};

/** Ingest would wait for its schema. */
const UNASKED = {
  reason: UNDECODABLE,
  message: 'the schema of this message was not loaded',
} as const;

/**
 * Maps a message as ingest does: its value is the event itself, however it is written, and pixels are
 * asked for its topic.
 * @param decoder has the schemas that its messages name
 * @param trace receives the origin of each field, if given
 */
export function createMessageMapper(
  { pixels, ingest }: MappingSections,
  { now, clock }: Pick<PreviewContext, 'now' | 'clock'>,
  decoder: Pick<EventDecoder, 'decode'>,
  trace: Trace | null,
): (message: SampledMessage) => Generator<MappedLine> {
  const targets = targetsOf(pixels, trace);
  const route = createRouter(pixels);
  return function* mapMessage({ kafka, message, fault }) {
    if (fault !== null) return yield unmappedLine(null, batchRefusal(fault));
    const parsed = decoder.decode(message, kafka.topic, ingest.maxMessageBytes);
    if ('needs' in parsed) return yield unmappedLine(null, UNASKED);
    if ('reason' in parsed) return yield unmappedLine(null, parsed);
    const { event } = parsed;
    let selected: readonly number[];
    try {
      selected = route(kafka.topic, event);
    } catch (error) {
      const result = mappingFailed(error);
      return yield { event, pixelId: null, isConfigured: false, result };
    }
    if (selected.length === 0) return yield unmappedLine(event, UNSELECTED);
    const wanted = selected.flatMap((index) => targets[index] ?? []);
    yield* mapFor(wanted, { event, isConfigured: true }, now ?? clock());
  };
}
