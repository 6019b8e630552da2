import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { isTooLate } from '#core/event/horizon.ts';
import { type KafkaMessage, readMessage } from '#core/event/kafka-message.ts';
import type { PixelSettings } from '#core/event/pixel-settings.ts';
import { createRouter, type Route } from '#core/event/routing.ts';
import { type Json, parseEvent } from '#core/event/track-event.ts';
import { eventTimeOf } from '#core/mapping/event-time.ts';
import type { Mapper } from '#core/mapping/mapper.ts';
import type { RejectReason } from '#core/mapping/mapping-result.ts';
import { createPixelMapper } from '#core/mapping/pixel-mapper.ts';
import { readRecord, readRecordFacts, writeRecord } from '#core/record/record.ts';
import { MARGIN_MS } from './eligibility.ts';

/** What a dead letter becomes for one pixel. Null: no pixel can be told, or none wants it. */
export type ReplayEventResult =
  | { readonly kind: 'queued'; readonly pixelId: string; readonly line: Buffer }
  | { readonly kind: 'filtered'; readonly pixelId: string | null; readonly reason: string }
  | {
      readonly kind: 'dead';
      readonly pixelId: string | null;
      readonly reason: RejectReason;
      readonly message: string;
    };

/** Dead letter → what becomes of it today, or why it stays as it is. `now` is Unix ms. */
export type Remap = (
  facts: DeadLetterFacts,
  content: Buffer,
  now: number,
) => readonly ReplayEventResult[] | 'expired' | 'unreadable';

type Pixel = PixelSettings & { readonly events: Route };

/** The reason counted where no pixel wants an event, as at ingest. */
const NO_DESTINATION = 'no_pixel';

/** Any source will do: the envelope that it goes into has its own sources. */
const ANY_SOURCE = 0;

const LINE_FEED = 0x0a;

/**
 * Decides what dead letters become. A record is sent as it was. A message that the mapping refused is
 * routed and mapped with today's configuration, which may be what was fixed; it goes to its
 * own pixel, or to all that want it when its pixel could not be told.
 */
export function createRemap(
  pixels: readonly Pixel[],
  { maxMessageBytes }: { readonly maxMessageBytes: number },
): Remap {
  const route = createRouter(pixels);
  const mappers = pixels.map((pixel) => ({
    pixelId: pixel.pixelId,
    map: createPixelMapper(pixel),
  }));

  return (facts, content, now) => {
    const { pixelId, kafka, diedAt } = facts;
    if (facts.holds === 'record') {
      if (pixelId === null || !isRecord(content)) return 'unreadable';
      return [{ kind: 'queued', pixelId, line: content }];
    }
    const message = tryToReadMessage(content);
    if (message === null) return 'unreadable';
    const read = parseEvent(message.value, maxMessageBytes);
    if ('reason' in read) return [{ kind: 'dead', pixelId, ...read }];
    const wanted = route(kafka.topic, read.event)
      .flatMap((index) => mappers[index] ?? [])
      .filter((mapper) => pixelId === null || mapper.pixelId === pixelId);
    if (wanted.length === 0) return [{ kind: 'filtered', pixelId, reason: NO_DESTINATION }];
    const event = withTime(read.event, diedAt);
    const results = wanted.map((mapper) => resultOf(mapper, event, kafka, now));
    const isLate = results.some(
      (result) =>
        result.kind === 'queued' && isTooLate(readRecordFacts(result.line).horizon, now, MARGIN_MS),
    );
    return isLate ? 'expired' : results;
  };
}

/** Whether a worker could read it: one record that it cannot read would hold up its envelope. */
function isRecord(line: Buffer): boolean {
  try {
    readRecord(line);
    return !line.includes(LINE_FEED) && Number.isFinite(readRecordFacts(line).horizon);
  } catch {
    return false;
  }
}

function tryToReadMessage(content: Buffer): KafkaMessage | null {
  try {
    return readMessage(content);
  } catch {
    return null;
  }
}

function resultOf(
  { pixelId, map }: { readonly pixelId: string; readonly map: Mapper },
  event: Json,
  kafka: DeadLetterFacts['kafka'],
  now: number,
): ReplayEventResult {
  const result = map(event, now);
  if (result.outcome === 'filter') return { kind: 'filtered', pixelId, reason: result.reason };
  if (result.outcome === 'reject') {
    return { kind: 'dead', pixelId, reason: result.reason, message: result.message };
  }
  const line = Buffer.from(writeRecord(result.event, kafka, ANY_SOURCE), 'utf8');
  return { kind: 'queued', pixelId, line };
}

/** An event without a time happened when it was first judged, whenever it is judged again. */
function withTime(event: Json, diedAt: number): Json {
  if (eventTimeOf(event) !== null) return event;
  return { ...event, timestamp: new Date(diedAt).toISOString() };
}
