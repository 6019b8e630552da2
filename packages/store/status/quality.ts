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

/** Pixel → what is stored of it. One that was never asked for is missing, and so is one that cannot be read. */
export async function readQuality(
  { redis, keys }: Store,
  pixelIds: readonly string[],
): Promise<Map<string, QualityRecord>> {
  if (pixelIds.length === 0) return new Map();
  const texts = await redis.mget(...pixelIds.map((each) => keys.quality(each)));
  const found = pixelIds.map((pixelId, index) => [pixelId, parse(texts[index] ?? null)] as const);
  return new Map(
    found.flatMap(([pixelId, record]) => (record === null ? [] : [[pixelId, record]])),
  );
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
