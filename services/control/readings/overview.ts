import type { Configuration } from '#config/configuration.ts';
import { formatCount } from '#core/text/format.ts';
import type { Depth } from '#store/status/depth.ts';
import type { FleetReading } from '#store/status/fleet.ts';
import type { DependencyReading } from './kafka.ts';

/** Everything that the overview shows. */
export interface Overview {
  readonly fleet: FleetReading;
  /** Dead letters that can be sent for less than 24 hours. */
  readonly expiringSoon: number;
  /** Why Kafka is held back, in words; none while it flows. */
  readonly heldBack: readonly string[];
  readonly kafka: DependencyReading;
  readonly redis: DependencyReading & { readonly memoryRatio: number };
  readonly now: number;
}

type Marks = Configuration['ingest']['backpressure'];

/** Which marks are reached at which ingest holds Kafka back. */
export function heldBackBy(
  {
    events,
    deadLetters,
    memoryRatio,
  }: Pick<Depth, 'deadLetters' | 'memoryRatio'> & {
    readonly events: number;
  },
  marks: Marks,
): string[] {
  return [
    ...(events >= marks.pauseAtEvents ? [`${formatCount(events)} events wait in the queue`] : []),
    ...(deadLetters >= marks.pauseAtDeadLetters
      ? [`${formatCount(deadLetters)} dead letters are held: replay or purge some`]
      : []),
    ...(memoryRatio >= marks.pauseAtMemoryRatio
      ? [`${Math.round(memoryRatio * 100)} % of the memory of Redis is used`]
      : []),
  ];
}
