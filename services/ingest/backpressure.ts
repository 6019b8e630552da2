import { holdsBack, type Marks } from '#core/delivery/marks.ts';

/** What is measured: events waiting in Redis, dead letters, and the used share of its memory. */
export interface Pressure {
  readonly events: number;
  readonly deadLetters: number;
  readonly memoryRatio: number;
}

/** Whichever of them is reached holds Kafka back. */
export type PressureMarks = { readonly [Name in keyof Pressure]: Marks };

export interface BackpressureOptions {
  readonly marks: PressureMarks;
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
  const { marks, measure, onPause, onResume } = options;
  const names = Object.keys(marks) as (keyof Pressure)[];
  const held = new Set<keyof Pressure>();
  let paused = false;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;

  const look = async (): Promise<void> => {
    // Its failures are noted by whoever measures.
    const pressure = await measure().catch(() => null);
    if (pressure !== null && !stopped) {
      for (const name of names) {
        if (holdsBack(marks[name], pressure[name], held.has(name))) held.add(name);
        else held.delete(name);
      }
      const before = paused;
      paused = held.size > 0;
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
