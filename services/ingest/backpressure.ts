import { holdsBack, type Marks } from '#core/delivery/marks.ts';

/** What is measured: events waiting in Redis, and the used share of its memory. */
export interface Pressure {
  readonly events: number;
  readonly memoryRatio: number;
}

export interface BackpressureOptions {
  readonly events: Marks;
  readonly memoryRatio: Marks;
  readonly pollMs: number;
  readonly measure: () => Promise<Pressure>;
  readonly onPause: (why: Pressure) => void;
  readonly onResume: () => void;
}

/**
 * Holds Kafka back while Redis is too full, so that a backlog waits where there is room for it.
 * While Redis does not answer nothing changes: what cannot be taken holds ingest back by itself.
 *
 * @returns what ends the watching
 */
export function startBackpressure(options: BackpressureOptions): () => void {
  const { events, memoryRatio, measure, onPause, onResume } = options;
  let byEvents = false;
  let byMemory = false;
  let paused = false;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;

  const look = async (): Promise<void> => {
    const pressure = await measure().catch(() => null);
    if (pressure !== null && !stopped) {
      byEvents = holdsBack(events, pressure.events, byEvents);
      byMemory = holdsBack(memoryRatio, pressure.memoryRatio, byMemory);
      const before = paused;
      paused = byEvents || byMemory;
      if (paused && !before) onPause(pressure);
      if (!paused && before) onResume();
    }
    if (!stopped) timer = setTimeout(() => void look(), options.pollMs);
  };
  void look();
  return () => {
    stopped = true;
    if (timer !== null) clearTimeout(timer);
  };
}
