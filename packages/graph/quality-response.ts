import { z } from 'zod';
import { withTexts } from '#core/event/json-text.ts';
import { keptWords } from '#core/privacy/message-redaction.ts';
import type { EventQuality } from '#core/quality/dataset-quality.ts';

/*
 * Reads Meta's answer leniently: what is unknown is left out, and what has another form than documented
 * counts as not said. Everything is bounded, because it is stored and shown.
 */

/** Event names that are kept of an answer, identifiers of an event, and diagnostics. */
const MOST_EVENTS = 200;
const MOST_KEYS = 40;
const MOST_DIAGNOSTICS = 20;

const words = z.string().catch('');
/** Percentages may exceed 100: Meta says so of further conversions. */
const figure = z.number().min(0).max(1_000_000_000).nullable().catch(null);
const share = z
  .object({ percentage: figure })
  .transform(({ percentage }) => percentage)
  .catch(null);

/** The entries of a list that have the right form; none where it is no list. */
function entries<T>(entry: z.ZodType<T>, most: number) {
  return z
    .array(z.unknown())
    .catch([])
    .transform((all) =>
      all.slice(0, most).flatMap((each) => {
        const read = entry.safeParse(each);
        return read.success ? [read.data] : [];
      }),
    );
}

const name = z.string().min(1);

const matchKey = z
  .object({ identifier: name, coverage: share, potential_aly_acr_increase: share })
  .transform(({ identifier: key, coverage, potential_aly_acr_increase: potential }) => {
    return { key, coverage, potential };
  });

const diagnostic = z
  .object({
    name,
    description: words,
    solution: words,
    percentage: figure,
    affected_event_count: figure,
    total_event_count: figure,
  })
  .transform(({ affected_event_count: affected, total_event_count: total, ...said }) => {
    return { ...said, affected, total };
  });

const dedupeKey = z
  .object({
    dedupe_key: name,
    browser_events_with_dedupe_key: share,
    server_events_with_dedupe_key: share,
    overall_browser_coverage_from_dedupe_key: share,
  })
  .transform((each) => ({
    key: each.dedupe_key,
    browser: each.browser_events_with_dedupe_key,
    server: each.server_events_with_dedupe_key,
    deduplicated: each.overall_browser_coverage_from_dedupe_key,
  }));

const NO_MATCH = { composite_score: null, match_key_feedback: [], diagnostics: [] };
const NO_COVERAGE = { percentage: null, goal_percentage: null };

const event = z
  .object({
    event_name: name,
    event_match_quality: z
      .object({
        composite_score: z.number().min(0).max(10).nullable().catch(null),
        match_key_feedback: entries(matchKey, MOST_KEYS),
        diagnostics: entries(diagnostic, MOST_DIAGNOSTICS),
      })
      .catch(NO_MATCH),
    event_coverage: z.object({ percentage: figure, goal_percentage: figure }).catch(NO_COVERAGE),
    dedupe_key_feedback: entries(dedupeKey, MOST_KEYS),
    data_freshness: z
      .object({ upload_frequency: z.string().nullable().catch(null) })
      .catch({ upload_frequency: null }),
    acr: share,
  })
  .transform(
    ({ event_match_quality: match, event_coverage: coverage, ...said }): EventQuality => ({
      eventName: said.event_name,
      score: match.composite_score,
      matchKeys: match.match_key_feedback,
      diagnostics: match.diagnostics,
      coverage: coverage.percentage,
      coverageGoal: coverage.goal_percentage,
      dedupeKeys: said.dedupe_key_feedback,
      uploadFrequency: said.data_freshness.upload_frequency,
      additionalConversions: said.acr,
    }),
  );

/** Of a dataset of which it knows no events, Meta says `{}`. */
const response = z.union([z.object({ web: z.array(z.unknown()) }), z.strictObject({})]);

/** Null for what is no such answer. @param token is removed from every text, and so are personal values */
export function parseQuality(body: unknown, token: string): EventQuality[] | null {
  const read = response.safeParse(body);
  if (!read.success) return null;
  const events = entries(event, MOST_EVENTS).parse('web' in read.data ? read.data.web : []);
  return withTexts(events, (text) => keptWords(text, token)) as EventQuality[];
}
