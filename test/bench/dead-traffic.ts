import { generateMessages } from '#cli/produce/generator.ts';
import type { NewDeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { horizonOf } from '#core/event/horizon.ts';
import { writeMessage } from '#core/event/kafka-message.ts';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { writeRecord } from '#core/record/record.ts';
import type { NewDeadLetter } from '#store/dead-letters/script-arguments.ts';

const DISTINCT = 20_000;
const SPREAD_MS = 86_400_000;
/** The share that Meta refused because of the event itself, and of these the share refused because of the token. */
const REFUSED = 2;
const RARE = 5000;

/** Dead letters of a shop's traffic: half refused by the mapping, half by Meta. */
export function deadTraffic(pixels: readonly string[], sources: readonly string[]) {
  const now = Date.now();
  const generator = generateMessages({ seed: 'dead', startMs: now, sources, badShare: 0 });
  const map = createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' });
  const events = generator.take(DISTINCT).flatMap(({ value }) => {
    const result = map(JSON.parse(value.toString()), now);
    return result.outcome === 'deliver' ? [{ value, event: result.event }] : [];
  });
  let at = 0;
  const next = (): NewDeadLetter => {
    const { value, event } = events[at % events.length] ?? { value: null, event: null };
    if (event === null) throw new Error('the generator made no event');
    const refused = at % REFUSED === 0;
    const pixelId = pixels[Math.floor(at / 1000) % pixels.length] ?? '';
    const kafka = {
      topic: 'track-events',
      partition: at % 12,
      offset: 118_000 + at,
      timestamp: now - SPREAD_MS + at,
    };
    const facts: NewDeadLetterFacts = {
      pixelId,
      stage: refused ? 'worker' : 'ingest',
      reason: refused ? 'rejected_by_meta' : 'missing_value',
      message: refused ? 'Meta rejects this event' : 'Purchase needs a value',
      kafka,
      diedAt: now - SPREAD_MS + at * 80,
      horizon: horizonOf(event.plain.event_time, event.plain.action_source),
      eventName: event.plain.event_name,
      eventId: event.plain.event_id ?? null,
      attempts: refused ? 1 : 0,
      replays: 0,
      refusal: refused ? refusal(at) : null,
      unknown: false,
      holds: refused ? 'record' : 'message',
    };
    at += 1;
    const content = refused
      ? Buffer.from(writeRecord(event, kafka, 0), 'utf8')
      : writeMessage({ key: null, value, headers: {} });
    return { facts, content };
  };
  return { take: (n: number): NewDeadLetter[] => Array.from({ length: n }, next) };
}

function refusal(at: number): NewDeadLetterFacts['refusal'] {
  const code = at % RARE === 0 ? 190 : 100;
  const message = `(#${code}) Invalid parameter: data[${at % 1000}] has no usable user_data`;
  const traceId = Buffer.from(`trace-${at}-${at * 7919}`)
    .toString('base64url')
    .slice(0, 16);
  return { status: 400, code, subcode: 2_804_003, message, traceId, index: at % 1000 };
}
