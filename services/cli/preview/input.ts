import { jsonText } from '#core/event/json-text.ts';
import { type Json, parseEventText, tooLarge } from '#core/event/track-event.ts';
import { timeOf } from '#core/mapping/event-time.ts';
import { LONGEST_LINE } from './lines.ts';

/** Why a line is not mapped for any pixel; never repeats the line, which may be personal. */
export interface Unmapped {
  readonly reason: 'invalid_event' | 'invalid_settings' | 'too_large' | 'no_pixel';
  readonly message: string;
}

/** One line of input. */
export interface PreviewInput {
  readonly event: unknown;
  /** Undefined where the line has none. */
  readonly settings: unknown;
  /** Unix ms; null where the line has none. */
  readonly now: number | null;
}

const EMPTY: Unmapped = { reason: 'invalid_event', message: 'the line is empty' };
const NOT_TEXT: Unmapped = {
  reason: 'invalid_event',
  message: 'the line is not JSON: it is not UTF-8 text',
};
const TOO_LONG: Unmapped = {
  reason: 'too_large',
  message: `the line is longer than ${LONGEST_LINE / 1024 / 1024} MiB`,
};
const NO_TIME: Unmapped = {
  reason: 'invalid_settings',
  message: 'now: must be a time → write it as 2026-11-20T10:00:00Z',
};

/** What UTF-16 and binary data decode to. */
const NOT_UTF8 = /[\0\ufffd]/;

const WRAPPER_KEYS = new Set(['settings', 'event', 'now']);

/**
 * Reads a Track event, or an object that contains one.
 *
 * @param line null for a line that is too long to be read
 * @param maxBytes the largest event that ingest reads
 */
export function readInput(line: string | null, maxBytes: number): PreviewInput | Unmapped {
  if (line === null) return TOO_LONG;
  if (line.trim() === '') return EMPTY;
  const parsed = parseEventText('line', line);
  if ('reason' in parsed) return NOT_UTF8.test(line) ? NOT_TEXT : parsed;
  const object = parsed.event;
  const wrapped = isWrapper(object);
  const event = wrapped ? object['event'] : object;
  if (line.length * 3 > maxBytes) {
    const bytes = Buffer.byteLength(wrapped ? jsonText(event) : line);
    if (bytes > maxBytes) return tooLarge('event', bytes, maxBytes);
  }
  if (!wrapped) return { event, settings: undefined, now: null };
  const { settings, now } = object;
  const time = now === undefined || now === null ? null : timeOf(now);
  if (time === null && now !== undefined && now !== null) return NO_TIME;
  return { event, settings: settings ?? undefined, now: time };
}

/** A Track event has its name in `event`; an object there is a wrapped event. */
function isWrapper(object: Json): boolean {
  const { event } = object;
  if (typeof event === 'object' && event !== null) return true;
  return (
    (object['settings'] !== undefined || object['now'] !== undefined) &&
    Object.keys(object).every((key) => WRAPPER_KEYS.has(key))
  );
}
