/** What one step of a metric's value is; names end in it where Prometheus has a word for it. */
export type Unit =
  | 'seconds'
  | 'Unix seconds'
  | 'bytes'
  | 'ratio'
  | 'messages'
  | 'events'
  | 'envelopes'
  | 'batches'
  | 'requests'
  | 'dead letters'
  | 'pages'
  | 'members'
  | 'partitions'
  | 'points'
  | 'diagnostics'
  | 'times'
  | '0 or 1';

/** Whose value it is: that of one `process`, or of the whole `fleet`, which one process serves at a time. */
type Scope = 'process' | 'fleet';

/**
 * The values of a label: a closed list, names from the configuration, or values that are known only
 * at run time, up to a number. Detailed pixels are those of `metrics.detailedPixels`, and `other` for
 * all others together.
 */
export type LabelValues =
  | readonly string[]
  | 'pixels'
  | 'pixels and none'
  | 'detailed pixels'
  | 'topics'
  | { readonly upTo: number };

export type Labels<L extends string> = { readonly [Name in L]: LabelValues };

interface Declared<K extends string, L extends string> {
  readonly kind: K;
  readonly name: string;
  /** One sentence: what it means. */
  readonly help: string;
  readonly unit: Unit;
  readonly scope: Scope;
  readonly labels: Labels<L>;
  /**
   * The combinations that a process has, where they are fewer than `labels` allows: those of a counter
   * start at zero, and those of a gauge are what it has for pixels that are not detailed.
   */
  readonly initial?: Labels<string>;
  readonly buckets?: readonly number[];
}

export type Declaration = Declared<'counter' | 'gauge' | 'histogram', string>;

/** The metrics of a service by their names in the code. */
export type Declarations = Readonly<Record<string, Declaration>>;

interface Facts<L extends string> {
  readonly unit: Unit;
  readonly labels?: Labels<L>;
}

/** @typeParam More what declarations of this kind may say besides */
function declaring<K extends Declaration['kind'], More>(kind: K) {
  return <L extends string = never>(
    name: string,
    help: string,
    { labels = {} as Labels<L>, ...facts }: Facts<L> & More,
  ): Declared<K, L> => ({ kind, name, help, scope: 'process', labels, ...facts });
}

interface Initial {
  readonly initial?: Labels<string>;
}

export const counter = declaring<'counter', Initial>('counter');
export const gauge = declaring<'gauge', Initial & { readonly scope?: Scope }>('gauge');
export const histogram = declaring<'histogram', { readonly buckets: readonly number[] }>(
  'histogram',
);

/** Bucket bounds for the number of events in an envelope or a batch. */
export const EVENT_BUCKETS = [1, 5, 10, 25, 50, 100, 200, 400, 600, 800, 1000];
