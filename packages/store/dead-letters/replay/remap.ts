import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { isTooLate } from '#core/event/horizon.ts';
import { type KafkaMessage, readMessage } from '#core/event/kafka-message.ts';
import type { PixelSettings } from '#core/event/pixel-settings.ts';
import { createRouter, type Route } from '#core/event/routing.ts';
import { type Json, parseEvent, UNDECODABLE } from '#core/event/track-event.ts';
import { eventTimeOf } from '#core/mapping/event-time.ts';
import { type RejectReason, UNROUTED } from '#core/mapping/mapping-result.ts';
import {
  createPixelMapper,
  type EventPart,
  type PartResult,
  type PixelMapper,
} from '#core/mapping/pixel-mapper.ts';
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
      readonly part?: EventPart;
    };

/** Dead letter → what becomes of it today, or why it stays as it is. `now` is Unix ms. */
export type Remap = (
  facts: DeadLetterFacts,
  content: Buffer,
  now: number,
) => readonly ReplayEventResult[] | 'expired' | 'unreadable';

type Pixel = PixelSettings & { readonly events: Route };

/** The reason counted where no rule makes the event any more that a rule made. */
const NO_RULE = 'no_rule';

/** Any source will do: the envelope that it goes into has its own sources. */
const ANY_SOURCE = 0;

const LINE_FEED = 0x0a;

/**
 * Decides what dead letters become. A record is sent as it was. A message that the mapping refused is
 * routed and mapped with today's configuration, which may be what was fixed; it goes to its
 * own pixel, or to all that want it when its pixel could not be told. Where a rule made several server
 * events of it, a dead letter is one of them, and becomes that one alone.
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
    if (facts.schema !== undefined && message.encoded === undefined) {
      return [{ kind: 'dead', pixelId, ...stillUndecodable(facts) }];
    }
    const read = parseEvent(message.value, maxMessageBytes);
    if ('reason' in read) return [{ kind: 'dead', pixelId, ...read }];
    const wanted = route(kafka.topic, read.event)
      .flatMap((index) => mappers[index] ?? [])
      .filter((mapper) => pixelId === null || mapper.pixelId === pixelId);
    if (wanted.length === 0) return [{ kind: 'filtered', pixelId, reason: UNROUTED }];
    const event = withTime(read.event, diedAt);
    const results = wanted.flatMap(({ pixelId, map }) =>
      partsOf(map, event, now, facts.part).map((each) => resultOf(pixelId, each, kafka)),
    );
    const isLate = results.some(
      (result) =>
        result.kind === 'queued' && isTooLate(readRecordFacts(result.line).horizon, now, MARGIN_MS),
    );
    return isLate ? 'expired' : results;
  };
}

/** What decodes by now has been decoded when it was opened. */
function stillUndecodable({ reason, message, schema }: DeadLetterFacts) {
  if (reason === UNDECODABLE) return { reason, message } as const;
  const why = `schema ${schema} is not in the registry, or the registry does not answer`;
  return { reason: UNDECODABLE, message: why } as const;
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

/**
 * The server events of a Track event; of one whose others were sent, the one that was not. Null stands
 * for one that no rule makes any more.
 */
function partsOf(
  map: PixelMapper,
  event: Json,
  now: number,
  part: EventPart,
): readonly (PartResult | null)[] {
  const mapped = map(event, now);
  if (mapped.outcome !== 'several') {
    const isGone = typeof part === 'string' && mapped.outcome !== 'filter';
    return [isGone ? null : { part: undefined, result: mapped }];
  }
  const parts = [...mapped.results];
  if (part === undefined) return parts;
  const wanted = parts.filter((each) => each.part === part || each.part === undefined);
  return wanted.length === 0 ? [null] : wanted;
}

function resultOf(
  pixelId: string,
  mapped: PartResult | null,
  kafka: DeadLetterFacts['kafka'],
): ReplayEventResult {
  if (mapped === null) return { kind: 'filtered', pixelId, reason: NO_RULE };
  const { part, result } = mapped;
  if (result.outcome === 'filter') return { kind: 'filtered', pixelId, reason: result.reason };
  if (result.outcome === 'reject') {
    const { reason, message } = result;
    return { kind: 'dead', pixelId, reason, message, part };
  }
  const line = Buffer.from(writeRecord(result.event, kafka, ANY_SOURCE), 'utf8');
  return { kind: 'queued', pixelId, line };
}

/** An event without a time happened when it was first judged, whenever it is judged again. */
function withTime(event: Json, diedAt: number): Json {
  if (eventTimeOf(event) !== null) return event;
  return { ...event, timestamp: new Date(diedAt).toISOString() };
}
