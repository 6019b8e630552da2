import type { Configuration, PixelConfiguration } from '#config/configuration.ts';
import type { SentFields } from '#core/quality/match-advice.ts';
import { applyAnswer, dayOf, type QualityRecord } from '#core/quality/record.ts';
import { createQualityClient } from '#graph/dataset-quality.ts';
import { connectOnce } from '#store/connection.ts';
import { readSentFields } from '#store/intake/sent-fields.ts';
import { readQuality } from '#store/status/quality.ts';
import { createStore } from '#store/store.ts';

export interface Sources {
  /** By pixel: what Meta said. */
  readonly records: ReadonlyMap<string, QualityRecord>;
  /** By pixel: what we sent; null where Redis does not tell. */
  readonly sent: ReadonlyMap<string, SentFields> | null;
}

/** What control stored; null where Redis cannot be read. */
export async function readStored(
  { redis: { url, prefix } }: Configuration,
  pixels: readonly PixelConfiguration[],
  now: number,
): Promise<Sources | null> {
  const redis = connectOnce(url);
  const pixelIds = pixels.map(({ pixelId }) => pixelId);
  try {
    await redis.connect();
    const store = createStore(redis, prefix);
    const [records, sent] = await Promise.all([
      readQuality(store, pixelIds),
      readSentFields(store, dayOf(now), pixelIds),
    ]);
    return { records, sent };
  } catch {
    return null;
  } finally {
    redis.disconnect();
  }
}

/** What Meta says now, one pixel after the other; a past is kept, so that it can be compared with. */
export async function askMeta(
  { graphApi, control }: Configuration,
  pixels: readonly PixelConfiguration[],
  stored: Sources | null,
): Promise<Sources> {
  const client = createQualityClient({ ...graphApi, agentName: control.quality.agentName });
  const { signal } = new AbortController();
  const records = new Map<string, QualityRecord>();
  for (const pixel of pixels) {
    const { pixelId } = pixel;
    const answer = await client.ask(pixel, signal);
    const before = stored?.records.get(pixelId) ?? null;
    records.set(pixelId, applyAnswer(before, answer, Date.now(), 0));
  }
  client.close();
  return { records, sent: stored?.sent ?? null };
}
