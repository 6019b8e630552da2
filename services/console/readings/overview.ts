import type { FleetReading } from '#queue/fleet-reading.ts';
import type { DependencyReading } from './kafka.ts';

/** Everything that the overview shows. */
export interface Overview {
  readonly fleet: FleetReading;
  /** Dead letters that can no longer be sent after the next 24 hours, and those that cannot now. */
  readonly outlook: { readonly soon: number; readonly expired: number };
  readonly kafka: DependencyReading;
  readonly redis: DependencyReading & { readonly memoryRatio: number };
  readonly now: number;
}
