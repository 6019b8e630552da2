import { jsonText } from '#core/event/json-text.ts';
import { type Json, parseEventText, tooLarge } from '#core/event/track-event.ts';
import { timeOf } from '#core/mapping/event-time.ts';
import { LONGEST_LINE } from './lines.ts';

/** Why a line is not mapped for any pixel; never repeats the line, which may be personal. */
export interface Unmapped {
  readonly reason: 'invalid_event' | 'invalid_settings' | 'undecodable' | 'too_large' | 'no_pixel';
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
  if (line === null) {
    return unmapped('too_large', `the line is longer than ${LONGEST_LINE / 1024 / 1024} MiB`);
  }
  if (line.trim() === '') return unmapped('invalid_event', 'the line is empty');
  const parsed = parseEventText('line', line);
  if ('reason' in parsed) {
    if (!NOT_UTF8.test(line)) return parsed;
    return unmapped('invalid_event', 'the line is not JSON: it is not UTF-8 text');
  }
  const object = parsed.event;
  const wrapped = isWrapper(object);
  const event = wrapped ? object['event'] : object;
  if (line.length * 3 > maxBytes) {
    const bytes = Buffer.byteLength(wrapped ? jsonText(event) : line);
    if (bytes > maxBytes) return tooLarge('event', bytes, maxBytes);
  }
  if (!wrapped) return { event, settings: undefined, now: null };
  const { settings, now = null } = object;
  const time = now === null ? null : timeOf(now);
  if (time !== null || now === null) return { event, settings: settings ?? undefined, now: time };
  const message = 'now: must be a time → write it as 2026-11-20T10:00:00Z';
  return unmapped('invalid_settings', message);
}

function unmapped(reason: Unmapped['reason'], message: string): Unmapped {
  return { reason, message };
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
