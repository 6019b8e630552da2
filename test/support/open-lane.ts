import type { connectForCommands } from '#store/connection.ts';
import { createAgenda, Rounds, type WorkAgenda } from '#store/delivery/agenda.ts';
import { BatchedFetcher } from '#store/delivery/fetcher.ts';
import { type HeldEnvelope, type LaneOptions, openLane } from '#store/delivery/lane.ts';
import { createStore } from '#store/store.ts';

/** A lane with the rounds of a worker that serves this one pixel. */
export interface VisitedLane {
  readonly agenda: WorkAgenda;
  close(): Promise<void>;
}

/** Opens the lane of a pixel on connections of its own, as a worker does. */
export function openVisitedLane(
  connect: (make?: typeof connectForCommands) => ReturnType<typeof connectForCommands>,
  prefix: string,
  { sweepEveryMs, ...options }: Omit<LaneOptions, 'fetcher'> & { readonly sweepEveryMs?: number },
  handle: (envelope: HeldEnvelope) => Promise<void>,
): VisitedLane {
  const store = createStore(connect(), prefix);
  const agenda = createAgenda(store, connect());
  const fetcher = new BatchedFetcher(store, options);
  const lane = openLane(store, { ...options, fetcher }, handle);
  const { pixelId, onError } = options;
  const rounds = new Rounds({
    agenda,
    lanes: {
      pixels: [pixelId],
      serves: (id) => id === pixelId,
      onDue(pixelIds) {
        if (pixelIds.length > 0) lane.ring();
      },
    },
    onError,
    ...(sweepEveryMs === undefined ? {} : { sweepEveryMs }),
  });
  rounds.start();
  return {
    agenda,
    async close() {
      await Promise.all([rounds.stop(), lane.close()]);
    },
  };
}
