import {
  type EventQuality,
  failureAdvice,
  type QualityDiagnostic,
  type QualityFailure,
} from './dataset-quality.ts';
import { SEVERITIES, type SeverityRule, severityOf } from './findings.ts';
import { type MatchAdvice, matchAdvice, type SentFields, shareSent } from './match-advice.ts';
import { type QualityRecord, usualScore } from './record.ts';

export interface ReportedDiagnostic extends QualityDiagnostic {
  readonly severity: (typeof SEVERITIES)[number];
}

export interface ReportedEvent extends EventQuality {
  /** The median of the last days; null where there are too few. */
  readonly usualScore: number | null;
  readonly diagnostics: readonly ReportedDiagnostic[];
}

/** What people are shown of the quality of a pixel's events: Meta's view, and beside it what we sent. */
export interface QualityReport {
  readonly pixelId: string;
  /** When Meta said it, Unix ms; null where it never did. */
  readonly asOf: number | null;
  /** Why Meta does not say more, and what to do; null where it does. */
  readonly failure: (QualityFailure & { readonly at: number; readonly advice: string }) | null;
  /** The lowest scores first. */
  readonly events: readonly ReportedEvent[];
  /** Events that we enqueued in the last seven days; null where that is not known. */
  readonly sentEvents: number | null;
  /** Field of user_data → the share of those events that carry it, 0 to 1. */
  readonly sent: ReadonlyMap<string, number>;
  readonly advice: readonly MatchAdvice[];
}

/** By pixel: what Meta said, and what we sent, which is null where Redis was not asked. */
export interface QualitySources {
  readonly records: ReadonlyMap<string, QualityRecord>;
  readonly sent: ReadonlyMap<string, SentFields> | null;
}

/** @param now Unix ms */
export function qualityReports(
  pixelIds: readonly string[],
  { records, sent }: QualitySources,
  rule: SeverityRule,
  now: number,
): QualityReport[] {
  return pixelIds.map((pixelId) => {
    const of = { record: records.get(pixelId) ?? null, sent: sent?.get(pixelId) ?? null };
    return qualityReport({ pixelId, ...of, rule, now });
  });
}

interface ReportSources {
  readonly pixelId: string;
  /** Null where Meta was never asked. */
  readonly record: QualityRecord | null;
  /** Null where Redis was not asked. */
  readonly sent: SentFields | null;
  readonly rule: SeverityRule;
  /** Unix ms. */
  readonly now: number;
}

export function qualityReport({ pixelId, record, sent, rule, now }: ReportSources): QualityReport {
  const { failure = null, events = [], history = [] } = record ?? {};
  const advice = failure === null ? '' : failureAdvice(failure);
  return {
    pixelId,
    asOf: record?.answeredAt ?? null,
    failure: failure === null ? null : { ...failure, at: record?.askedAt ?? now, advice },
    events: events
      .map((event) => ({
        ...event,
        usualScore: usualScore(history, event.eventName, now),
        diagnostics: bySeverity(event.diagnostics, rule),
      }))
      .sort((a, b) => (a.score ?? 11) - (b.score ?? 11)),
    sentEvents: sent?.events ?? null,
    sent: sharesOf(sent),
    advice: matchAdvice(sent, events),
  };
}

function bySeverity(all: readonly QualityDiagnostic[], rule: SeverityRule): ReportedDiagnostic[] {
  return all
    .map((each) => ({ ...each, severity: severityOf(each, rule) }))
    .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

function sharesOf(sent: SentFields | null): ReadonlyMap<string, number> {
  const fields = [...(sent?.fields.keys() ?? [])];
  return new Map(fields.map((field) => [field, shareSent(sent, field) ?? 0]));
}
