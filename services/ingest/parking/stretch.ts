import type { EventDecoder } from '#core/event/event-decoder.ts';
import { readTimestamp } from '#core/event/kafka-message.ts';
import type { RetriedWork } from '#core/retried-work.ts';
import type { FetchedRecord } from '#kafka/fetch/fetched-record.ts';
import type { ParkingOperation } from '#store/parking/operations.ts';
import type { ParkedAt, ParkedRange } from '#store/parking/ranges.ts';
import type { IntakeBuilder } from '../intake/builder.ts';
import type { Reader } from '../intake/reader.ts';

/** Messages that one write takes, and how close to its end a range is closed. */
export const STRETCH = 2000;

/** Messages read before the event loop is released. */
const CHUNK = 256;

/** Ranges that are due, by where they go on. */
export type Due = readonly (readonly [pixelId: string, range: ParkedRange])[];

export interface StretchDeps {
  readonly reader: Pick<Reader, 'readParked'>;
  readonly builder: Pick<IntakeBuilder, 'bytes'>;
  readonly maxBytes: number;
}

/** What was read of a partition again. */
export interface Stretch {
  readonly at: ParkedAt;
  /** The next offset to be read. */
  readonly end: number;
  /** The ranges that it takes on. */
  readonly covered: Due;
  /** Pixel → how many messages were its. */
  readonly found: ReadonlyMap<string, number>;
  /** Offsets of the messages that could be read, whomever they go to. */
  readonly offsets: readonly number[];
  /** Kafka's, of its last message. */
  readonly timestamp: number;
}

/**
 * Reads records for the pixels that are due at each of them. A range that begins before the stretch has
 * no part in it: it goes on where it is.
 */
export async function readStretch(
  { reader, builder, maxBytes }: StretchDeps,
  { topic, partition }: ParkedAt,
  due: Due,
  start: number,
  records: readonly FetchedRecord[],
): Promise<Stretch> {
  const own = due.filter(([, { from }]) => from >= start);
  const ranges = new Map(own);
  const last = own.reduce((most, [, { to }]) => Math.max(most, to), start);
  const found = new Map<string, number>();
  const offsets: number[] = [];
  let [end, messages, timestamp] = [start, 0, -1];
  for (const { key, value, headers, gap, offset: text, ...record } of records) {
    const offset = Number(text);
    if (offset < start) continue;
    if (messages >= STRETCH || builder.bytes >= maxBytes) break;
    // Nothing is between the record before and this one: a gap may reach further than every range.
    if (offset >= last) end = last;
    if (offset >= last) break;
    timestamp = readTimestamp(record.timestamp);
    if (gap !== undefined) end = offset + 1;
    if (gap !== undefined) continue;
    const isDue = (pixelId: string): boolean => {
      const range = ranges.get(pixelId);
      return range !== undefined && range.from <= offset && offset < range.to;
    };
    const kafka = { topic, partition, offset, timestamp };
    const pixels = reader.readParked({ key, value, headers }, kafka, Date.now(), isDue);
    // The next look loads its schema.
    if (pixels === null) break;
    end = offset + 1;
    messages += 1;
    if (pixels !== 'unreadable') offsets.push(offset);
    for (const pixelId of pixels === 'unreadable' ? [] : pixels)
      found.set(pixelId, (found.get(pixelId) ?? 0) + 1);
    if (messages % CHUNK === 0) await new Promise(setImmediate);
  }
  const covered = own.filter(([, { from }]) => from < end);
  return { at: { topic, partition }, end, covered, found, offsets, timestamp };
}

/** How far each range has come, for the intake of a stretch. */
export function progressOf({ at, end, covered, found, offsets, timestamp }: Stretch) {
  return covered.map(([pixelId, { from, ...range }]): ParkingOperation => {
    const to = Math.min(end, range.to);
    const gone = to - from - countBetween(offsets, from, to);
    const events = found.get(pixelId) ?? 0;
    return { at, kind: 'found', pixelId, from, to, events, timestamp, gone };
  });
}

/** How many of some offsets, in order, are in a part of the log. */
function countBetween(offsets: readonly number[], from: number, to: number): number {
  return offsets.reduce((sum, offset) => sum + (from <= offset && offset < to ? 1 : 0), 0);
}

export interface SchemaDeps {
  readonly decoder: Pick<EventDecoder, 'missing' | 'load'>;
  readonly registryWork: Pick<RetriedWork<string>, 'attempt'>;
}

/** A failure to load schemas counts this long, in ms. */
const FAIL_MS = 10_000;

/** Loads the schemas of records; not all of a great many. @throws where the registry gives none */
export async function loadSchemas(
  { decoder, registryWork }: SchemaDeps,
  topic: string,
  records: readonly FetchedRecord[],
): Promise<void> {
  const messages = records.filter(({ gap }) => gap === undefined);
  const missing = decoder.missing(messages, topic);
  if (missing.size === 0) return;
  const note = { of: 'parked', forMs: FAIL_MS };
  await registryWork.attempt('load', () => decoder.load(missing), note);
}
