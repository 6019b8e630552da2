import { z } from 'zod';
import { dayOf, type QualityRecord } from '#core/quality/record.ts';
import type { QualitySources } from '#core/quality/report.ts';
import { readSentFields } from '../intake/sent-fields.ts';
import type { Store } from '../store.ts';
import { parseStored, UnreadableValue } from '../stored-value.ts';

const figure = z.number().nullable();

const event = z.object({
  eventName: z.string(),
  score: figure,
  matchKeys: z.array(z.object({ key: z.string(), coverage: figure, potential: figure })),
  diagnostics: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      solution: z.string(),
      percentage: figure,
      affected: figure,
      total: figure,
    }),
  ),
  coverage: figure,
  coverageGoal: figure,
  dedupeKeys: z.array(
    z.object({ key: z.string(), browser: figure, server: figure, deduplicated: figure }),
  ),
  uploadFrequency: z.string().nullable(),
  additionalConversions: figure,
});

const failure = z.object({
  kind: z.enum(['throttled', 'refused', 'unavailable']),
  code: figure,
  subcode: figure,
  message: z.string(),
  waitMs: figure,
});

const RECORD: z.ZodType<QualityRecord> = z.object({
  askedAt: z.number(),
  answeredAt: figure,
  nextAt: z.number(),
  failures: z.number(),
  failure: failure.nullable(),
  events: z.array(event),
  history: z.array(
    z.object({
      eventName: z.string(),
      days: z.array(z.object({ day: z.number(), score: z.number() })),
    }),
  ),
});

/** Nothing asks for a pixel that long ago: it was removed. In ms. */
const KEPT_MS = 40 * 86_400_000;

export async function writeQuality(
  { redis, keys }: Store,
  pixelId: string,
  record: QualityRecord,
): Promise<void> {
  await redis.set(keys.quality(pixelId), JSON.stringify(record), 'PX', KEPT_MS);
}

/** Pixels that are read in one step: a record has some tens of kilobytes, and parsing it takes a millisecond. */
const READ_AT_ONCE = 50;

/** Pixel → what is stored of it. One that was never asked for is missing, and so is one that cannot be read. */
export async function readQuality(
  { redis, keys }: Store,
  pixelIds: readonly string[],
): Promise<Map<string, QualityRecord>> {
  const records = new Map<string, QualityRecord>();
  for (let at = 0; at < pixelIds.length; at += READ_AT_ONCE) {
    const part = pixelIds.slice(at, at + READ_AT_ONCE);
    const texts = await redis.mget(...part.map((each) => keys.quality(each)));
    for (const [index, pixelId] of part.entries()) {
      const record = parse(texts[index] ?? null);
      if (record !== null) records.set(pixelId, record);
    }
  }
  return records;
}

/** What is stored of the quality of pixels, and what was enqueued for them. @param now Unix ms */
export async function readQualitySources(
  store: Store,
  pixelIds: readonly string[],
  now: number,
): Promise<QualitySources> {
  const [records, sent] = await Promise.all([
    readQuality(store, pixelIds),
    readSentFields(store, dayOf(now), pixelIds),
  ]);
  return { records, sent };
}

/** Another release, or another program, may have written it: the next answer replaces it. */
function parse(text: string | null): QualityRecord | null {
  if (text === null) return null;
  try {
    return parseStored(text, 'the quality of a pixel', RECORD);
  } catch (error) {
    if (error instanceof UnreadableValue) return null;
    throw error;
  }
}
