/** What a round measures, in the order in which it is shown. The floor is a scale, and is not judged. */
export const MEASURES = {
  ingestUs: { title: 'ingest', unit: 'µs', better: 'lower' },
  ingestMainUs: { title: '  its main thread', unit: 'µs', better: 'lower' },
  ingestFloorUs: { title: '  floor beside it', unit: 'µs', better: 'neither' },
  ingestFloors: { title: '  ingest ÷ floor', unit: '×', better: 'lower' },
  workerUs: { title: 'worker', unit: 'µs', better: 'lower' },
  workerMainUs: { title: '  its main thread', unit: 'µs', better: 'lower' },
  workerFloorUs: { title: '  floor beside it', unit: 'µs', better: 'neither' },
  workerFloors: { title: '  worker ÷ floor', unit: '×', better: 'lower' },
  totalUs: { title: 'ingest + worker', unit: 'µs', better: 'lower' },
  totalFloors: { title: '  in floors', unit: '×', better: 'lower' },
  kafkaUs: { title: 'Kafka, read by ingest', unit: 'µs', better: 'lower' },
  redisUs: { title: 'Redis', unit: 'µs', better: 'lower' },
  sinkUs: { title: 'sink', unit: 'µs', better: 'lower' },
  redisBytes: { title: 'Redis memory a queued event', unit: 'bytes', better: 'lower' },
  batchMean: { title: 'events a request', unit: '', better: 'higher' },
  ingestMb: { title: 'peak memory of ingest', unit: 'MB', better: 'lower' },
  workerMb: { title: 'peak memory of the worker', unit: 'MB', better: 'lower' },
  throughput: { title: 'throughput, events/s', unit: '', better: 'higher' },
  p50: { title: 'age, p50', unit: 'ms', better: 'lower' },
  p99: { title: 'age, p99', unit: 'ms', better: 'lower' },
} as const;

export type Measure = keyof typeof MEASURES;

export const MEASURE_NAMES = Object.keys(MEASURES) as Measure[];

/** The measure that decides: a ratio, because both of its parts had the same share of the machine. */
export const DECISIVE: Measure = 'totalFloors';

/** One round; what this machine does not show is left out. */
export type Round = Readonly<Partial<Record<Measure, number>>>;

/** What one version of the code measured, round by round. */
export interface Variant {
  readonly name: 'base' | 'now';
  readonly commit: string;
  /** Changes that were not committed were measured too. */
  readonly dirty: boolean;
  readonly rounds: readonly Round[];
}

/** The values of a measure, one a round; empty where it was not to be had. */
export function valuesOf({ rounds }: Variant, measure: Measure): number[] {
  return rounds.flatMap((round) => round[measure] ?? []);
}
