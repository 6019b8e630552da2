import type { Declaration, LabelValues } from '#process/metrics/declare.ts';
import type { Process } from './processes.ts';
import { STORY_PIXELS, UNKNOWN_PIXEL } from './story.ts';

export type LabelSet = Readonly<Record<string, string>>;

export const TOPIC = 'track-events';
export const VERSIONS = ['1.4.0', '1.5.0'] as const;

/** Values of labels that turn up only while a process runs. */
function openValues(label: string, { service, instance }: Process): readonly string[] {
  switch (label) {
    case 'service':
      return [service];
    case 'version':
      return VERSIONS;
    case 'node_version':
      return ['v24.21.0'];
    case 'partition':
      return instance.startsWith('ingest-1') ? ['0', '1'] : ['2', '3'];
    case 'collector':
      return service === 'ingest' ? ['redis', 'kafka'] : ['redis', 'queues', 'dead_letters'];
    default:
      return ['other'];
  }
}

function valuesOf(label: string, values: LabelValues, process: Process): readonly string[] {
  // A process counts dead letters of its own stage alone.
  if (label === 'stage') return [process.service];
  if (values === 'pixels') return Object.keys(STORY_PIXELS);
  if (values === 'pixels and none') return [...Object.keys(STORY_PIXELS), UNKNOWN_PIXEL];
  if (values === 'topics') return [TOPIC];
  return 'upTo' in values ? openValues(label, process) : values;
}

/** Every combination of labels that a process has of a metric. */
export function labelSets({ labels }: Declaration, process: Process): LabelSet[] {
  return Object.entries<LabelValues>(labels).reduce<LabelSet[]>(
    (sets, [label, values]) =>
      sets.flatMap((set) =>
        valuesOf(label, values, process).map((value) => ({ ...set, [label]: value })),
      ),
    [{}],
  );
}
