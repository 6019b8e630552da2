import { performance } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { VERSION } from '../version.ts';
import type { Declaration, Declarations, Labels, LabelValues } from './declare.ts';
import { PROCESS_METRICS, PROCESS_STATES } from './process-metrics.ts';
import { writePage } from './text-format.ts';

type LabelsOf<D> = D extends { labels: infer L } ? Extract<keyof L, string> : never;

type Instrument<D> = D extends { kind: 'counter' }
  ? Counter<LabelsOf<D>>
  : D extends { kind: 'gauge' }
    ? Gauge<LabelsOf<D>>
    : Histogram<LabelsOf<D>>;

/** Metrics that can be counted, by their names in the code. */
export type Instruments<D extends Declarations> = { readonly [N in keyof D]: Instrument<D[N]> };

/** The label values that the configuration names. */
export interface ConfiguredValues {
  readonly pixels: readonly string[];
  readonly topics: readonly string[];
}

/** And those of the setting `metrics.detailedPixels`. */
export interface KnownValues extends ConfiguredValues {
  /** The labels of the pixels where a metric is that of detailed pixels. */
  readonly detailed: readonly string[];
}

/** The pixels whose histograms and finer counts are served by pixel: `metrics.detailedPixels`. */
export type DetailedPixels = 'all' | 'none' | readonly string[];

/** What every process has, whatever its own metrics are. */
export interface ProcessMetrics extends Instruments<typeof PROCESS_METRICS> {
  readonly registry: Registry;
  /**
   * The label under which a metric of detailed pixels counts a pixel: its ID, or one word for all that
   * are not detailed, so that the sum over the label is always that of all pixels.
   */
  detailOf(pixel: string): string;
  /** The page in Prometheus's text format. */
  page(): Promise<string>;
  /**
   * Starts every counter and histogram at zero for each combination of labels that is known in
   * advance: `rate` does not see the first event of a series that did not exist. Starts each series
   * once, so that it may be called again when the configuration changes.
   */
  initSeries(known: ConfiguredValues): void;
  /**
   * Removes the gauges of pixels that are no longer configured: their values would never change
   * again. Counters and histograms stay, because what they counted did happen.
   */
  dropSeries(pixels: ReadonlySet<string>): Promise<void>;
  /** Serves no gauge of the whole fleet any more, until it is set again: another process does. */
  dropFleetSeries(): void;
}

/** The metrics of one process. */
export type Metrics<D extends Declarations> = ProcessMetrics & Instruments<D>;

/**
 * Metrics of prom-client that are left out: handles, requests and resources by type, the content of
 * each heap space (24 series), and moments of the event loop's lag that its percentiles say better.
 */
const LEFT_OUT = [
  ...['handles', 'requests', 'resources'].flatMap((of) => [
    `nodejs_active_${of}`,
    `nodejs_active_${of}_total`,
  ]),
  ...['total', 'used', 'available'].map((of) => `nodejs_heap_space_size_${of}_bytes`),
  ...['min', 'mean', 'stddev'].map((of) => `nodejs_eventloop_lag_${of}_seconds`),
];

/** The name under which metrics count what belongs to no pixel. */
const NO_PIXEL = 'none';

/** The name under which metrics of detailed pixels count those that are not. */
const NOT_DETAILED = 'other';

/** Registers the metrics of a service and those of every process, in a registry of their own. */
export function createMetrics<D extends Declarations>(
  service: string,
  own: D,
  detailedPixels: DetailedPixels = 'none',
): Metrics<D> {
  const registry = new Registry();
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: 20,
    // The sum says how much time goes into it; each bound more is a series for each kind of collection.
    gcDurationBuckets: [0.1],
  });
  for (const name of LEFT_OUT) registry.removeSingleMetric(name);
  const declared: [string, Declaration][] = Object.entries({ ...PROCESS_METRICS, ...own });
  const registered = declared.map(([key, each]) => [key, register(each, registry), each] as const);
  const instruments = Object.fromEntries(
    registered.map(([key, metric]) => [key, metric]),
  ) as unknown as Metrics<D>;
  instruments.buildInfo.set({ service, version: VERSION, node_version: process.version }, 1);
  instruments.configurationValid.set(1);
  setState(instruments.processState, {}, PROCESS_STATES, 'starting');
  const started = new Set<string>();
  const detailOf = detailLabel(detailedPixels);
  const written = new Map(
    registered.flatMap(([, metric, { name }]) =>
      metric instanceof Histogram ? [] : [[name, metric] as const],
    ),
  );
  return {
    ...instruments,
    registry,
    detailOf,
    page: () => writePage(registry, written),
    initSeries(configured) {
      const known = { ...configured, detailed: configured.pixels.map(detailOf) };
      for (const [, metric, each] of registered) {
        if (!(metric instanceof Gauge)) startAtZero(metric, each, known, started);
      }
    },
    dropFleetSeries() {
      for (const [, metric, each] of registered) {
        if (metric instanceof Gauge && each.scope === 'fleet') dropAll(metric, each);
      }
    },
    async dropSeries(pixels) {
      for (const [, metric, { labels }] of registered) {
        if (metric instanceof Gauge && 'pixel' in labels) await dropPixels(metric, pixels);
      }
    },
  };
}

function detailLabel(detailed: DetailedPixels): (pixel: string) => string {
  if (detailed === 'all') return (pixel) => pixel;
  const own: ReadonlySet<string> = new Set(detailed === 'none' ? [] : detailed);
  return (pixel) => (own.has(pixel) ? pixel : NOT_DETAILED);
}

async function dropPixels(gauge: Gauge, pixels: ReadonlySet<string>): Promise<void> {
  for (const { labels } of (await gauge.get()).values) {
    if (pixels.has(String(labels['pixel']))) gauge.remove(labels);
  }
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

/** A value of a closed list, or `other`, which is counted: a label never gets values of its own. */
export function boundedLabel(
  { droppedLabels }: Pick<ProcessMetrics, 'droppedLabels'>,
  label: string,
  value: string,
  known: ReadonlySet<string>,
): string {
  if (known.has(value)) return value;
  droppedLabels.inc({ label });
  return 'other';
}

function register(declared: Declaration, registry: Registry): Counter | Gauge | Histogram {
  const { name, help, kind, scope, buckets } = declared;
  const shared = { name, help, labelNames: Object.keys(declared.labels), registers: [registry] };
  if (kind === 'gauge') {
    const gauge = new Gauge(shared);
    if (scope === 'fleet') dropAll(gauge, declared);
    return gauge;
  }
  if (kind === 'histogram') return new Histogram({ ...shared, buckets: [...(buckets ?? [])] });
  if (name !== PROCESS_METRICS.eventLoopActive.name) return new Counter(shared);
  return new Counter({
    ...shared,
    // Node counts this by itself: it is read when a page is written.
    collect() {
      this.reset();
      this.inc(performance.eventLoopUtilization().active / 1000);
    },
  });
}

/** A gauge without labels is reset to 0, and is there until it is removed. */
function dropAll(gauge: Gauge, { labels }: Declaration): void {
  if (Object.keys(labels).length > 0) gauge.reset();
  else gauge.remove();
}

/** A series without labels is there from the start. */
function startAtZero(
  metric: Counter | Histogram,
  { name, labels, initial = labels }: Declaration,
  known: KnownValues,
  started: Set<string>,
): void {
  for (const set of combinations(initial, (values) => valuesOf(values, known))) {
    const series = `${name} ${JSON.stringify(set)}`;
    if (started.has(series) || Object.keys(set).length === 0) continue;
    started.add(series);
    if (metric instanceof Counter) metric.inc(set, 0);
    else metric.zero(set);
  }
}

export type LabelSet = Readonly<Record<string, string>>;

/** Every combination of the values of labels. */
export function combinations(
  labels: Labels<string>,
  valuesIn: (values: LabelValues, label: string) => readonly string[],
): LabelSet[] {
  return Object.entries(labels).reduce<LabelSet[]>(
    (sets, [name, values]) => {
      const all = valuesIn(values, name);
      return sets.flatMap((set) => all.map((value) => ({ ...set, [name]: value })));
    },
    [{}],
  );
}

/** Empty where they are known only at run time. */
export function valuesOf(
  values: LabelValues,
  { pixels, topics, detailed }: KnownValues,
): readonly string[] {
  switch (values) {
    case 'pixels':
      return pixels;
    case 'pixels and none':
      return [...pixels, NO_PIXEL];
    case 'detailed pixels':
      return [...new Set([...detailed, NOT_DETAILED])];
    case 'topics':
      return topics;
    default:
      return 'upTo' in values ? [] : values;
  }
}
