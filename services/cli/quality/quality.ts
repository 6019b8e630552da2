import type { Configuration, PixelConfiguration } from '#config/configuration.ts';
import { ExpectedError, UsageError } from '#config/errors.ts';
import { loadConfiguration } from '#config/load.ts';
import { PixelNames } from '#core/pixel-names.ts';
import { applyAnswer, type QualityRecord } from '#core/quality/record.ts';
import { type QualitySources, qualityReports } from '#core/quality/report.ts';
import { createQualityClient } from '#graph/dataset-quality.ts';
import { EXIT } from '#process/command.ts';
import { safeText } from '#process/redact.ts';
import { readQualitySources } from '#store/status/quality.ts';
import { withStore } from '#store/store.ts';
import { didYouMean } from '../known-names.ts';
import { printResult } from '../output/print.ts';
import { terminalWidth } from '../output/table.ts';
import { renderQuality } from './rendering.ts';

/** @throws UsageError for a pixel that is not configured */
function chosenPixels(
  { pixels }: Configuration,
  asked: readonly string[] | undefined,
): readonly PixelConfiguration[] {
  if (asked === undefined) return pixels;
  const names = new PixelNames(pixels);
  const ids = asked.map((idOrName) => {
    const pixelId = names.idOf(idOrName);
    if (pixelId !== null) return pixelId;
    const known = pixels.map((each) => names.label(each.pixelId)).join(', ');
    const meant = didYouMean(idOrName, names.spellings);
    throw new UsageError(
      `--pixel ${idOrName} is not configured${meant || `: use one of ${known}`}`,
    );
  });
  return pixels.filter(({ pixelId }) => ids.includes(pixelId));
}

/** What Meta says now, one pixel after the other; a past is kept, so that it can be compared with. */
async function askMeta(
  { graphApi, control }: Configuration,
  pixels: readonly PixelConfiguration[],
  stored: QualitySources | null,
): Promise<QualitySources> {
  const client = createQualityClient({ ...graphApi, agentName: control.quality.agentName });
  const { signal } = new AbortController();
  const records = new Map<string, QualityRecord>();
  for (const pixel of pixels) {
    const answer = await client.ask(pixel, signal);
    const before = stored?.records.get(pixel.pixelId) ?? null;
    records.set(pixel.pixelId, applyAnswer(before, answer, Date.now(), 0));
  }
  client.close();
  return { records, sent: stored?.sent ?? null };
}

interface QualityFlags {
  readonly config?: string;
  readonly pixel?: readonly string[];
  readonly refresh?: boolean;
  readonly json?: boolean;
}

/** Prints how well Meta can match the events of each pixel; resolves to the exit code. */
export async function showQuality(flags: QualityFlags): Promise<number> {
  const { config, pixel, refresh = false, json } = flags;
  const configuration = await loadConfiguration(config, process.env);
  const { redis, control } = configuration;
  const pixels = chosenPixels(configuration, pixel);
  const pixelIds = pixels.map(({ pixelId }) => pixelId);
  const now = Date.now();
  // The first error says why; those after it, that the connection is closed.
  let why: string | null = null;
  const note = (error: unknown): null => {
    why ??= error instanceof Error ? safeText(error.message) : 'no answer';
    return null;
  };
  const stored = await withStore(redis, note, (store) =>
    readQualitySources(store, pixelIds, now),
  ).catch(note);
  const sources = refresh ? await askMeta(configuration, pixels, stored) : stored;
  if (sources === null) {
    throw new ExpectedError(
      `Redis cannot be read (${why}): run capi-relay check, or ask Meta with --refresh`,
    );
  }
  const reports = qualityReports(pixelIds, sources, control.quality, now);
  const { enabled } = control.quality;
  const names = new PixelNames(pixels);
  const shown = renderQuality(reports, { now, enabled, width: terminalWidth(), names });
  const plain = reports.map((report) => ({
    ...names.beside(report),
    sent: Object.fromEntries(report.sent),
  }));
  await printResult({ json }, { at: now, pixels: plain }, shown);
  return reports.some(({ failure }) => failure !== null) ? EXIT.failed : EXIT.done;
}
