import type { SentFields } from '#core/quality/match-advice.ts';
import { repliesOf } from '../connection.ts';
import type { Store } from '../store.ts';

/** The member of the hash that counts the events themselves. No field of user_data has this name. */
const EVENTS = 'events';

/** Days that are read: as many as Meta's own figures cover. */
const DAYS = 7;

const KEPT_MS = (DAYS + 1) * 86_400_000;

/**
 * Adds what was enqueued on a day (since 1970, UTC), in one step.
 * @returns what Redis refused of it; all the rest was added
 * @throws Error when nothing was added, or no one can tell
 */
export async function addSentFields(
  { redis, keys }: Store,
  day: number,
  counts: ReadonlyMap<string, SentFields>,
): Promise<Error | null> {
  const step = redis.multi();
  for (const [pixelId, { events, fields }] of counts) {
    const key = keys.sentFields(pixelId, day);
    step.hincrby(key, EVENTS, events);
    for (const [field, n] of fields) step.hincrby(key, field, n);
    step.pexpire(key, KEPT_MS);
  }
  const replies = (await step.exec()) ?? [];
  return replies.find(([error]) => error !== null)?.[0] ?? null;
}

/** Pixel → what was enqueued in the last seven days, today included. */
export async function readSentFields(
  { redis, keys }: Store,
  today: number,
  pixelIds: readonly string[],
): Promise<Map<string, SentFields>> {
  if (pixelIds.length === 0) return new Map();
  const days = Array.from({ length: DAYS }, (_, back) => today - back);
  const asked = redis.pipeline();
  for (const pixelId of pixelIds) {
    for (const day of days) asked.hgetall(keys.sentFields(pixelId, day));
  }
  const replies = await repliesOf(asked);
  return new Map(
    pixelIds.map((pixelId, index) => [
      pixelId,
      sumOf(replies.slice(index * DAYS, (index + 1) * DAYS)),
    ]),
  );
}

function sumOf(days: readonly unknown[]): SentFields {
  const fields = new Map<string, number>();
  for (const day of days) {
    for (const [field, text] of Object.entries(Object(day) as object)) {
      const n = Number(text);
      if (Number.isSafeInteger(n)) fields.set(field, (fields.get(field) ?? 0) + n);
    }
  }
  const events = fields.get(EVENTS) ?? 0;
  fields.delete(EVENTS);
  return { events, fields };
}
