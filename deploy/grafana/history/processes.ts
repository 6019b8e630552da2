import type { Service } from '#docs/metrics.ts';
import type { Declaration } from '#process/metrics/declare.ts';
import { combinations, type LabelSet, valuesOf } from '#process/metrics/registry.ts';
import { PIXEL_NAMES, STORY_PIXELS } from './story.ts';

/** A process of the fictional fleet, as Prometheus sees it. */
export interface Process {
  readonly service: Service;
  readonly job: string;
  readonly instance: string;
  /** Its share of its service's work. */
  readonly share: number;
}

const PORTS: Readonly<Record<Service, number>> = { ingest: 9101, worker: 9102, control: 9103 };

/** The number of processes of each service. */
export type ProcessCounts = Readonly<Record<Service, number>>;

/** Control does hardly any work. */
const EFFORT: Readonly<Record<Service, number>> = { ingest: 1, worker: 1, control: 0.02 };

/** The given number of processes per service, which share the work almost evenly. */
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

/** The configuration of the fleet. */
const PIXELS = Object.keys(STORY_PIXELS);
const CONFIGURED = { pixels: PIXELS, detailed: PIXELS, topics: ['track-events'] };
export const VERSIONS = ['1.4.0', '1.5.0'] as const;

/** Values of labels that are known only at run time. */
function openValues(label: string, { service, instance }: Process): readonly string[] {
  const values: Readonly<Record<string, readonly string[]>> = {
    service: [service],
    version: VERSIONS,
    name: Object.values(PIXEL_NAMES),
    node_version: ['v24.21.0'],
    partition: instance.startsWith('ingest-1') ? ['0', '1'] : ['2', '3'],
    collector: service === 'ingest' ? ['redis', 'kafka'] : ['redis', 'queues', 'dead_letters'],
  };
  return values[label] ?? ['other'];
}

/** Every combination of label values of a metric in a process. */
export function labelSets({ labels }: Declaration, process: Process): LabelSet[] {
  return combinations(labels, (values, label) => {
    // A process counts only dead letters of its own stage.
    if (label === 'stage') return [process.service];
    const atRunTime = typeof values === 'object' && 'upTo' in values;
    return atRunTime ? openValues(label, process) : valuesOf(values, CONFIGURED);
  });
}
