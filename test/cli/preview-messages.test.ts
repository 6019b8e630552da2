import { expect, test } from '@jest/globals';
import { createMessageMapper } from '#cli/preview/message-mapper.ts';
import { PLAIN_JSON } from '#core/event/event-decoder.ts';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import type { BatchFault } from '#kafka/fetch/fetched-record.ts';
import { TRACK_EVENT_TIME as NOW, trackEvent } from '#test/support/track-event.ts';

const PIXELS = ['orders', 'visits'].map((topic, index) => ({
  ...DEFAULT_PIXEL_SETTINGS,
  pixelId: `${index + 1}`,
  events: { topics: [topic] },
}));
const SECTIONS = { pixels: PIXELS, ingest: { maxMessageBytes: 10_000 } };
const EVENT = JSON.stringify(trackEvent());

const fault = (kind: BatchFault['kind']): BatchFault => ({
  kind,
  message: 'the batch of offsets 7 to 9 is odd',
  records: 3,
  bytes: Buffer.from(EVENT),
});

/** As `pixel outcome-or-reason`. */
function mapped(topic: string, value: string | null, broken: BatchFault | null = null): string[] {
  const mapMessage = createMessageMapper(
    SECTIONS,
    { now: NOW, clock: () => NOW },
    PLAIN_JSON,
    null,
  );
  const message = { key: null, value: value === null ? null : Buffer.from(value), headers: {} };
  const kafka = { topic, partition: 0, offset: 7, timestamp: NOW };
  return [...mapMessage({ kafka, message, fault: broken })].map(
    ({ pixelId, result }) =>
      `${pixelId ?? '-'} ${result.outcome === 'deliver' ? 'deliver' : result.reason}`,
  );
}

test.each<[string, string, string | null, BatchFault | null, readonly string[]]>([
  ['goes to the pixel of its topic', 'orders', EVENT, null, ['1 deliver']],
  ['goes to the pixel of another topic', 'visits', EVENT, null, ['2 deliver']],
  ['goes nowhere from a topic without a pixel', 'other', EVENT, null, ['- no_pixel']],
  ['is not taken out of a wrapper', 'orders', `{"event":${EVENT}}`, null, ['1 invalid_event']],
  ['is no event without a value', 'orders', null, null, ['- invalid_event']],
  ['is no event as a list', 'orders', '[1]', null, ['- invalid_event']],
  ['may be too large', 'orders', `${EVENT}${' '.repeat(10_000)}`, null, ['- too_large']],
  ['may stand for a corrupt batch', 'orders', null, fault('unreadable'), ['- invalid_event']],
  ['may stand for a large batch', 'orders', null, fault('too_large'), ['- too_large']],
])('a message of Kafka %s', (_, topic, value, broken, expected) => {
  expect(mapped(topic, value, broken)).toEqual(expected);
});
