import type { Configuration } from '#config/configuration.ts';
import {
  ALL_EVENTS,
  eventLabel,
  figuresOf,
  type SeverityRule,
  scoreDrop,
  usualScores,
} from '#core/quality/findings.ts';
import { dayOf, type QualityRecord } from '#core/quality/record.ts';
import type { ControlMetrics } from '../metrics.ts';
import type { QualityDuty } from './quality.ts';

/** Shows what Meta last said as gauges. What it no longer says leaves them. */
export class QualityGauges {
  private readonly metrics: ControlMetrics;
  /** What the gauges were filled from. */
  private filledFrom: readonly unknown[] = [];

  constructor(metrics: ControlMetrics) {
    this.metrics = metrics;
  }

  /** Fills them only after a change: pixels may be many, and are asked for once an hour. */
  fill(
    duty: Pick<QualityDuty, 'known' | 'revision'>,
    configuration: Configuration,
    now: number,
  ): void {
    const from = [duty.revision, configuration, dayOf(now)];
    if (from.every((each, index) => each === this.filledFrom[index])) return;
    this.filledFrom = from;
    setQualityGauges(this.metrics, duty.known(), configuration.control.quality, now);
  }
}

function setQualityGauges(
  metrics: ControlMetrics,
  records: ReadonlyMap<string, QualityRecord>,
  rule: SeverityRule,
  now: number,
): void {
  for (const gauge of [
    metrics.qualityScore,
    metrics.qualityScoreDrop,
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
    const { failure, answeredAt } = record;
    metrics.qualityFailing.set({ pixel }, failure === null ? 0 : 1);
    if (answeredAt !== null) metrics.qualityAnswered.set({ pixel }, answeredAt / 1000);
    const drop = scoreDrop(record, now);
    if (drop !== null) metrics.qualityScoreDrop.set({ pixel }, drop);
    const detailed = metrics.detailOf(pixel) === pixel;
    setFigures(
      metrics,
      pixel,
      detailed,
      figuresOf(record.events, rule, detailed ? eventLabel : all),
    );
    if (!detailed) continue;
    for (const { eventName, usual } of usualScores(record, now)) {
      metrics.qualityUsualScore.set({ pixel, event_name: eventName }, usual);
    }
  }
}

function all(): string {
  return ALL_EVENTS;
}

function setFigures(
  metrics: ControlMetrics,
  pixel: string,
  detailed: boolean,
  figures: ReturnType<typeof figuresOf>,
): void {
  for (const [event_name, { score, coverage, realTime, keys, diagnostics }] of figures) {
    const labels = { pixel, event_name };
    if (score !== null) metrics.qualityScore.set(labels, score);
    if (coverage !== null) metrics.qualityEventCoverage.set(labels, coverage);
    if (realTime !== null) metrics.qualityRealTime.set(labels, realTime);
    for (const [severity, n] of Object.entries(diagnostics)) {
      metrics.qualityDiagnostics.set({ ...labels, severity }, n);
    }
    if (!detailed) continue;
    for (const [key, share] of keys) metrics.qualityKeyCoverage.set({ ...labels, key }, share);
  }
}
