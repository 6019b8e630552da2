import { METRICS } from '#docs/metrics.ts';
import type { Declaration, LabelValues } from '#process/metrics/declare.ts';
import { createMetrics } from '#process/metrics/registry.ts';
import { labelsOfRecord, RECORDING_RULES } from './rule-files.ts';

/** A series that Prometheus can be asked for. */
export interface KnownMetric {
  readonly kind: 'counter' | 'gauge';
  /** Label → the values it can have; null where those are not a closed list. */
  readonly labels: ReadonlyMap<string, readonly string[] | null>;
}

/** What Prometheus adds to every series that it scrapes. */
export const TARGET_LABELS = ['job', 'instance'];

/** Series that Prometheus itself makes. */
const OF_PROMETHEUS: Record<string, KnownMetric> = {
  up: { kind: 'gauge', labels: labelled({}) },
  ALERTS: { kind: 'gauge', labels: ofAlerts({ alertstate: ['pending', 'firing'] }) },
  ALERTS_FOR_STATE: { kind: 'gauge', labels: ofAlerts({}) },
};

/** What recording rules make. */
const RECORDED = RECORDING_RULES.map((rule): [string, KnownMetric] => [
  rule.record,
  { kind: 'gauge', labels: new Map(labelsOfRecord(rule).map((label) => [label, null])) },
]);

/** The labels that alerts have, and others. */
function ofAlerts(more: Readonly<Record<string, readonly string[]>>) {
  const own = { alertname: null, severity: ['critical', 'warning'], pixel: null, topic: null };
  return labelled({ ...own, ...more });
}

/** Every series that can be asked for, by name: ours, recorded ones, those of the runtime and of Prometheus. */
export async function knownMetrics(): Promise<Map<string, KnownMetric>> {
  const ours = Object.values<Declaration>(METRICS).flatMap(seriesOf);
  const others = [...Object.entries(OF_PROMETHEUS), ...RECORDED];
  return new Map([...others, ...(await runtimeMetrics()), ...ours]);
}

/** The declared metric that a series belongs to: a histogram has several series. */
export function declaredName(series: string): string {
  const names = Object.values<Declaration>(METRICS).map(({ name }) => name);
  return names.find((name) => name === series) ?? series.replace(/_(bucket|sum|count)$/, '');
}

function seriesOf({ name, kind, labels }: Declaration): [string, KnownMetric][] {
  const own = Object.entries(labels).map(([label, values]) => [label, closedList(values)]);
  return seriesNamed(name, kind, Object.fromEntries(own));
}

function closedList(values: LabelValues): readonly string[] | null {
  return typeof values === 'string' || 'upTo' in values ? null : values;
}

/** What Node's own collectors serve, asked of a registry as every process has one. */
async function runtimeMetrics(): Promise<[string, KnownMetric][]> {
  const declared = new Set(Object.values<Declaration>(METRICS).map(({ name }) => name));
  const { registry } = createMetrics('worker', {});
  const all = await registry.getMetricsAsJSON();
  return all.flatMap(({ name, type }) => {
    if (declared.has(name)) return [];
    const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: string[] };
    const own = Object.fromEntries(labelNames.map((label) => [label, null]));
    return seriesNamed(name, String(type) as Declaration['kind'], own);
  });
}

function seriesNamed(
  name: string,
  kind: Declaration['kind'],
  own: Record<string, readonly string[] | null>,
): [string, KnownMetric][] {
  if (kind !== 'histogram') return [[name, { kind, labels: labelled(own) }]];
  return ['_bucket', '_sum', '_count'].map((suffix) => {
    const labels = labelled(suffix === '_bucket' ? { ...own, le: null } : own);
    return [`${name}${suffix}`, { kind: 'counter', labels }];
  });
}

function labelled(own: Record<string, readonly string[] | null>): KnownMetric['labels'] {
  const target = TARGET_LABELS.map((label): [string, null] => [label, null]);
  return new Map([...target, ...Object.entries(own)]);
}
