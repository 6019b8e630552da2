import type { Counter, Histogram } from 'prom-client';
import { type Declaration, type LabelValues, METRICS, type Service } from './declarations.ts';
import { REASONS_OF_STAGE } from './event-label-values.ts';
import type { Metrics } from './registry.ts';

/** What the configuration says about the values of labels. */
export interface ConfiguredValues {
  readonly pixels: readonly string[];
  readonly topics: readonly string[];
}

/** The name under which metrics count what belongs to no pixel. */
const NO_PIXEL = 'none';

/**
 * Begins every counter and histogram of a service at zero for each combination of labels that is
 * known beforehand: the first event of a series that did not exist is invisible to `rate`.
 *
 * @returns what does so whenever the configuration is known anew; each series begins only once
 */
export function createZeroing(
  metrics: Metrics,
  service: Service,
): (known: ConfiguredValues) => void {
  const begun = new Set<string>();
  return (known) => {
    for (const [key, declared] of Object.entries<Declaration>(METRICS)) {
      if (declared.kind === 'gauge' || !declared.services.includes(service)) continue;
      const metric = metrics[key as keyof typeof METRICS] as Counter | Histogram;
      for (const labels of combinations(declared.labels, service, known)) {
        const series = `${key} ${JSON.stringify(labels)}`;
        if (!begun.has(series)) begin(metric, labels);
        begun.add(series);
      }
    }
  };
}

/** Without labels a series is there from the start. */
function begin(metric: Counter | Histogram, labels: LabelSet): void {
  if (Object.keys(labels).length === 0) return;
  if ('inc' in metric) metric.inc(labels, 0);
  else metric.zero(labels);
}

type LabelSet = Record<string, string>;

/** None where the values of a label are not known before they turn up. */
function combinations(
  labels: Declaration['labels'],
  service: Service,
  known: ConfiguredValues,
): LabelSet[] {
  const own = 'stage' in labels ? ofStage(labels, service) : labels;
  return Object.entries(own).reduce<LabelSet[]>(
    (sets, [name, values]) => {
      const all = valuesOf(values, known);
      return sets.flatMap((set) => all.map((value) => ({ ...set, [name]: value })));
    },
    [{}],
  );
}

/** A process counts dead letters of its own stage alone, and a worker knows their pixel. */
function ofStage(labels: Declaration['labels'], service: Service): Declaration['labels'] {
  if (service === 'control') return labels;
  const pixel = service === 'worker' ? 'pixels' : 'pixels and none';
  return { ...labels, pixel, stage: [service], reason: REASONS_OF_STAGE[service] };
}

function valuesOf(values: LabelValues, { pixels, topics }: ConfiguredValues): readonly string[] {
  switch (values) {
    case 'pixels':
      return pixels;
    case 'pixels and none':
      return [...pixels, NO_PIXEL];
    case 'topics':
      return topics;
    default:
      return 'upTo' in values ? [] : values;
  }
}
