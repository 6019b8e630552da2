import type { Configuration, PixelConfiguration } from '#config/configuration.ts';
import { ExpectedError, UsageError } from '#config/errors.ts';
import { loadConfiguration } from '#config/load.ts';
import { applyAnswer, type QualityRecord } from '#core/quality/record.ts';
import { type QualitySources, qualityReports } from '#core/quality/report.ts';
import { createQualityClient } from '#graph/dataset-quality.ts';
import { configOption, createCommand, EXIT, runCommand } from '#process/command.ts';
import { collect } from '#process/option-values.ts';
import { safeText } from '#process/redact.ts';
import { readQualitySources } from '#store/status/quality.ts';
import { withStore } from '#store/store.ts';
import { printResult } from '../output/print.ts';
import { terminalWidth } from '../output/table.ts';
import { renderQuality } from './rendering.ts';

const command = createCommand(
  'quality',
  'Shows how well Meta can match the events of each pixel, as its Dataset Quality API says: Event Match Quality, identifiers, coverage, deduplication, freshness and issues; beside it what we sent, and what to send to improve it. Reads what control stored, unless told to ask Meta.',
  `capi-relay quality --config capi-relay.yaml
capi-relay quality --pixel 1234567890 --refresh
capi-relay quality --json | jq '.pixels[] | {pixelId, scores: [.events[] | {eventName, score}]}'`,
)
  .addOption(configOption())
  .option('--pixel <id>', 'only this pixel; may be repeated', collect)
  .option('--refresh', 'ask Meta now; nothing is stored, and Redis is not needed')
  .option('--json', 'print JSON: times in Unix ms, percentages as Meta writes them, shares 0 to 1')
  .addHelpText(
    'after',
    `
SCORE: Event Match Quality, of 10. USUAL: the median of its last 14 days. COVERED: events of the browser
that the server sent too. EVENT ID: events with one. GAIN: further conversions reported, as Meta says.
control stores it while control.quality.enabled is true (docs/quality.md).
Exit codes:
  0 done   1 Meta does not tell it for a pixel, or Redis cannot be read
  2 wrong usage or configuration`,
  );

/** @throws UsageError for a pixel that is not configured */
function chosenPixels(
  { pixels }: Configuration,
  ids: readonly string[] | undefined,
): readonly PixelConfiguration[] {
  const unknown = ids?.find((id) => !pixels.some(({ pixelId }) => pixelId === id));
  if (unknown !== undefined) {
    throw new UsageError(
      `--pixel ${unknown} is not configured: use one of ${pixels.map(({ pixelId }) => pixelId).join(', ')}`,
    );
  }
  return ids === undefined ? pixels : pixels.filter(({ pixelId }) => ids.includes(pixelId));
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

await runCommand(command, async ({ config, pixel, refresh, json }) => {
  const configuration = await loadConfiguration(config as string | undefined, process.env);
  const { redis, control } = configuration;
  const pixels = chosenPixels(configuration, pixel as string[] | undefined);
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
  const sources = refresh === true ? await askMeta(configuration, pixels, stored) : stored;
  if (sources === null) {
    throw new ExpectedError(
      `Redis cannot be read (${why}): run capi-relay check, or ask Meta with --refresh`,
    );
  }
  const reports = qualityReports(pixelIds, sources, control.quality, now);
  const { enabled } = control.quality;
  const shown = renderQuality(reports, { now, enabled, width: terminalWidth() });
  const plain = reports.map((report) => ({ ...report, sent: Object.fromEntries(report.sent) }));
  await printResult({ json }, { at: now, pixels: plain }, shown);
  return reports.some(({ failure }) => failure !== null) ? EXIT.failed : EXIT.done;
});
