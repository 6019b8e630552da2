import { eventLabel, figuresOf, type SeverityRule } from '#core/quality/findings.ts';
import { type QualityRecord, usualScore } from '#core/quality/record.ts';
import type { ControlMetrics } from '../metrics.ts';

/** Fills the gauges from what Meta last said. What it no longer says leaves them. */
export function setQualityGauges(
  metrics: ControlMetrics,
  records: ReadonlyMap<string, QualityRecord>,
  rule: SeverityRule,
  now: number,
): void {
  for (const gauge of [
    metrics.qualityScore,
    metrics.qualityUsualScore,
    metrics.qualityKeyCoverage,
    metrics.qualityEventCoverage,
    metrics.qualityRealTime,
    metrics.qualityDiagnostics,
    metrics.qualityFailing,
    metrics.qualityAnswered,
  ]) {
    gauge.reset();
  }
  for (const [pixel, record] of records) {
    metrics.qualityFailing.set({ pixel }, record.failure === null ? 0 : 1);
    if (record.answeredAt !== null)
      metrics.qualityAnswered.set({ pixel }, record.answeredAt / 1000);
    setFigures(metrics, pixel, record, rule);
    setUsualScores(metrics, pixel, record, now);
  }
}

function setFigures(
  metrics: ControlMetrics,
  pixel: string,
  { events }: QualityRecord,
  rule: SeverityRule,
): void {
  for (const [event_name, { score, coverage, realTime, keys, diagnostics }] of figuresOf(
    events,
    rule,
  )) {
    const labels = { pixel, event_name };
    if (score !== null) metrics.qualityScore.set(labels, score);
    if (coverage !== null) metrics.qualityEventCoverage.set(labels, coverage);
    if (realTime !== null) metrics.qualityRealTime.set(labels, realTime);
    for (const [key, share] of keys) metrics.qualityKeyCoverage.set({ ...labels, key }, share);
    for (const [severity, n] of Object.entries(diagnostics)) {
      metrics.qualityDiagnostics.set({ ...labels, severity }, n);
    }
  }
}

/** Only of standard events: one label that stands for several has no past of its own. */
function setUsualScores(
  metrics: ControlMetrics,
  pixel: string,
  { events, history }: QualityRecord,
  now: number,
): void {
  for (const { eventName } of events) {
    if (eventLabel(eventName) !== eventName) continue;
    const usual = usualScore(history, eventName, now);
    if (usual !== null) metrics.qualityUsualScore.set({ pixel, event_name: eventName }, usual);
  }
}
