/** What a process spends on an envelope, apart from its events, and on each event in it. */
export interface Cost {
  readonly envelopeUs: number;
  readonly eventUs: number;
}

export interface Costs {
  readonly ingest: Cost;
  readonly worker: Cost;
  readonly redis: Cost;
  /** The part of Redis's work that is done when ingest writes; the rest is done for workers. */
  readonly redisIngestShare: number;
  /** Of an event that waits. */
  readonly memoryBytes: number;
  /** Of an event over the connections of Redis, both ways. */
  readonly trafficBytes: number;
}

/** CPU an event of each process, where envelopes had this many events. */
interface Measured {
  readonly envelopeEvents: number;
  readonly ingestUs: number;
  readonly workerUs: number;
  readonly redisUs: number;
}

interface Measurements {
  /** Behind a backlog. */
  readonly full: Measured;
  /** Of pixels with little traffic. */
  readonly quiet: Measured;
  readonly redisIngestShare: number;
  readonly memoryBytes: number;
  readonly trafficBytes: number;
  /** What ingest and worker took in full envelopes when nothing else used the machine. */
  readonly aloneUs: number;
}

/**
 * One run, in the way of `make bench`. Others kept the machine busy, which makes all CPU dearer: what counts is the
 * ratio to ingest + worker of the same run.
 */
export const MEASURED: Measurements = {
  full: { envelopeEvents: 168, ingestUs: 56.6, workerUs: 22.8, redisUs: 5.7 },
  quiet: { envelopeEvents: 9.8, ingestUs: 326, workerUs: 397, redisUs: 89 },
  redisIngestShare: 0.5,
  memoryBytes: 194,
  trafficBytes: 406,
  aloneUs: 34.6,
};

/** The straight line through both measurements, as far as the machine is alone. */
export function costsOf({ full, quiet, aloneUs, ...rest }: Measurements): Costs {
  const alone = aloneUs / (full.ingestUs + full.workerUs);
  const line = (key: 'ingestUs' | 'workerUs' | 'redisUs'): Cost => {
    const apart = 1 / quiet.envelopeEvents - 1 / full.envelopeEvents;
    const envelopeUs = (alone * Math.max(0, quiet[key] - full[key])) / apart;
    const eventUs = Math.max(0, alone * full[key] - envelopeUs / full.envelopeEvents);
    return { envelopeUs, eventUs };
  };
  return { ingest: line('ingestUs'), worker: line('workerUs'), redis: line('redisUs'), ...rest };
}

/** µs an event in envelopes of this size. */
export function usOf({ envelopeUs, eventUs }: Cost, envelopeEvents: number): number {
  return eventUs + envelopeUs / envelopeEvents;
}
