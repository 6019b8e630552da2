import type { Service } from '#docs/metrics.ts';

/** A process of the made-up fleet, as Prometheus knows it. */
export interface Process {
  readonly service: Service;
  readonly job: string;
  readonly instance: string;
  /** Its share of what its service does. */
  readonly share: number;
}

const PORTS: Readonly<Record<Service, number>> = { ingest: 9101, worker: 9102, control: 9103 };

/** How many processes there are of each service. */
export type ProcessCounts = Readonly<Record<Service, number>>;

/** Control does next to nothing. */
const EFFORT: Readonly<Record<Service, number>> = { ingest: 1, worker: 1, control: 0.02 };

/** Processes of each service in the given numbers, which share the work almost evenly. */
export function processes(counts: ProcessCounts): Process[] {
  return (Object.keys(counts) as Service[]).flatMap((service) =>
    Array.from({ length: counts[service] }, (_, index) => ({
      service,
      job: `capi-${service}`,
      instance: `${service}-${index + 1}:${PORTS[service]}`,
      share: (EFFORT[service] * (1 + 0.08 * (index - (counts[service] - 1) / 2))) / counts[service],
    })),
  );
}
