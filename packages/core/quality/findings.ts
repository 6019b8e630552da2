import { STANDARD_EVENTS } from '../mapping/event-name.ts';
import { type EventQuality, MATCH_KEY_FIELDS, type QualityDiagnostic } from './dataset-quality.ts';
import { type QualityRecord, usualScore } from './record.ts';

/** What counts as critical among the diagnostics of Meta, which gives them no severity. */
export interface SeverityRule {
  /** Share of the events of a name, in percent, from which on a diagnostic is critical. */
  readonly criticalPercentage: number;
  /** Names of diagnostics that are never critical. */
  readonly ignoredDiagnostics: readonly string[];
}

export const SEVERITIES = ['critical', 'notice'] as const;
type Severity = (typeof SEVERITIES)[number];

/** A diagnostic that does not say how much it affects is a notice. */
export function severityOf(
  { name, percentage }: Pick<QualityDiagnostic, 'name' | 'percentage'>,
  { criticalPercentage, ignoredDiagnostics }: SeverityRule,
): Severity {
  const ignored = ignoredDiagnostics.some((each) => each.toLowerCase() === name.toLowerCase());
  return !ignored && percentage !== null && percentage >= criticalPercentage
    ? 'critical'
    : 'notice';
}

/** The name of everything that a label has no value for. */
const OTHER = 'other';

/** Meta's standard events, and one word for all others. */
export const QUALITY_EVENT_NAMES = [...STANDARD_EVENTS, OTHER];

/** The identifiers that Meta is known to name, and one word for all others. */
export const QUALITY_KEYS = [...MATCH_KEY_FIELDS.keys(), OTHER];

const KNOWN_EVENTS: ReadonlySet<string> = new Set(STANDARD_EVENTS);

/** The name of every event of a pixel together. */
export const ALL_EVENTS = 'all';

export function eventLabel(eventName: string): string {
  return KNOWN_EVENTS.has(eventName) ? eventName : OTHER;
}

export function keyLabel(key: string): string {
  return MATCH_KEY_FIELDS.has(key) ? key : OTHER;
}

/** The numbers of a pixel by event name, as metrics show them: ratios are 0 to 1. */
export interface QualityFigures {
  readonly score: number | null;
  readonly coverage: number | null;
  /** 1 where Meta receives the events in real time, 0 where it does not. */
  readonly realTime: number | null;
  readonly keys: ReadonlyMap<string, number>;
  readonly diagnostics: Readonly<Record<Severity, number>>;
}

/** Of several events under one label, the worst counts: an alert must not vanish in a mean. */
export function figuresOf(
  events: readonly EventQuality[],
  rule: SeverityRule,
  labelOf: (eventName: string) => string = eventLabel,
): Map<string, QualityFigures> {
  const figures = new Map<string, QualityFigures>();
  for (const event of events) {
    const label = labelOf(event.eventName);
    const own = figuresOfOne(event, rule);
    const before = figures.get(label);
    figures.set(label, before === undefined ? own : worse(before, own));
  }
  return figures;
}

/** The usual scores of the standard events: one label that stands for several has no past of its own. */
export function usualScores(
  { events, history }: Pick<QualityRecord, 'events' | 'history'>,
  now: number,
): { readonly eventName: string; readonly score: number | null; readonly usual: number }[] {
  return events.flatMap(({ eventName, score }) => {
    const usual = KNOWN_EVENTS.has(eventName) ? usualScore(history, eventName, now) : null;
    return usual === null ? [] : [{ eventName, score, usual }];
  });
}

/** By how many points the event that fell most is below its usual score; null where none has one. */
export function scoreDrop(
  record: Pick<QualityRecord, 'events' | 'history'>,
  now: number,
): number | null {
  const falls = usualScores(record, now).flatMap(({ score, usual }) =>
    score === null ? [] : [usual - score],
  );
  return falls.length === 0 ? null : Math.max(0, ...falls);
}

function figuresOfOne(event: EventQuality, rule: SeverityRule): QualityFigures {
  const keys = new Map<string, number>();
  for (const { key, coverage } of event.matchKeys) {
    if (coverage !== null) keys.set(keyLabel(key), lower(keys.get(keyLabel(key)), coverage / 100));
  }
  const critical = event.diagnostics.filter((each) => severityOf(each, rule) === 'critical').length;
  const { uploadFrequency, coverage } = event;
  return {
    score: event.score,
    coverage: coverage === null ? null : coverage / 100,
    realTime: uploadFrequency === null ? null : Number(uploadFrequency === 'real_time'),
    keys,
    diagnostics: { critical, notice: event.diagnostics.length - critical },
  };
}

function worse(one: QualityFigures, other: QualityFigures): QualityFigures {
  const keys = new Map(one.keys);
  for (const [key, share] of other.keys) keys.set(key, lower(keys.get(key), share));
  return {
    score: lowerOrNull(one.score, other.score),
    coverage: lowerOrNull(one.coverage, other.coverage),
    realTime: lowerOrNull(one.realTime, other.realTime),
    keys,
    diagnostics: {
      critical: one.diagnostics.critical + other.diagnostics.critical,
      notice: one.diagnostics.notice + other.diagnostics.notice,
    },
  };
}

function lower(one: number | undefined, other: number): number {
  return one === undefined ? other : Math.min(one, other);
}

function lowerOrNull(one: number | null, other: number | null): number | null {
  return other === null ? one : lower(one ?? undefined, other);
}
