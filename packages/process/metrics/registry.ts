import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { VERSION } from '../version.ts';
import { type Declaration, METRICS, type MetricName, type Service } from './declarations.ts';
import { PROCESS_STATES } from './label-values.ts';

type LabelsOf<D> = D extends { labels: infer L } ? Extract<keyof L, string> : never;

type Instrument<D> = D extends { kind: 'counter' }
  ? Counter<LabelsOf<D>>
  : D extends { kind: 'gauge' }
    ? Gauge<LabelsOf<D>>
    : Histogram<LabelsOf<D>>;

/** Every declared metric by its name in the code; those of other services count into the void. */
export type Instruments = { readonly [N in MetricName]: Instrument<(typeof METRICS)[N]> };

/** The metrics of one process. */
export interface Metrics extends Instruments {
  readonly registry: Registry;
  /** The page in Prometheus's text format. */
  page(): Promise<string>;
}

/**
 * Metrics of prom-client that are left out: handles, requests and resources by type, what each space of
 * the heap holds, 24 series, and moments of the event loop's lag that its percentiles say better.
 */
const LEFT_OUT = [
  ...['handles', 'requests', 'resources'].flatMap((of) => [
    `nodejs_active_${of}`,
    `nodejs_active_${of}_total`,
  ]),
  ...['total', 'used', 'available'].map((of) => `nodejs_heap_space_size_${of}_bytes`),
  ...['min', 'mean', 'stddev'].map((of) => `nodejs_eventloop_lag_${of}_seconds`),
];

/** Makes the instruments of a process, in a registry of its own. */
export function createMetrics(service: Service): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: 20,
    // The sum says how much time goes into it; each bound more is a series for each kind of collection.
    gcDurationBuckets: [0.1],
  });
  for (const name of LEFT_OUT) registry.removeSingleMetric(name);
  const instruments = Object.fromEntries(
    Object.entries(METRICS).map(([name, declared]) => [
      name,
      instrument(declared, service, registry),
    ]),
  ) as unknown as Instruments;
  instruments.buildInfo.set({ service, version: VERSION, node_version: process.version }, 1);
  instruments.configurationValid.set(1);
  setState(instruments.processState, {}, PROCESS_STATES, 'starting');
  return { ...instruments, registry, page: () => registry.metrics() };
}

/** Sets one state of a closed list to 1 and the others to 0. */
export function setState<S extends string>(
  metric: Gauge<string>,
  labels: Record<string, string>,
  states: readonly S[],
  state: S,
): void {
  for (const each of states) metric.set({ ...labels, state: each }, each === state ? 1 : 0);
}

/** What the runtime counts by itself is read when a page is written. */
function read(name: string): { collect?: (this: Counter) => void } {
  if (name !== METRICS.eventLoopActive.name) return {};
  return {
    collect() {
      this.reset();
      this.inc(performance.eventLoopUtilization().active / 1000);
    },
  };
}

function instrument(
  declared: Declaration,
  service: Service,
  registry: Registry,
): Counter | Gauge | Histogram {
  const { name, help, kind, buckets } = declared;
  const registers = declared.services.includes(service) ? [registry] : [];
  const labelNames = Object.keys(declared.labels);
  if (kind === 'counter') return new Counter({ name, help, labelNames, registers, ...read(name) });
  if (kind === 'gauge') return new Gauge({ name, help, labelNames, registers });
  return new Histogram({ name, help, labelNames, registers, buckets: [...(buckets ?? [])] });
}
