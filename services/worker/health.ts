import { check } from '#process/admin-server.ts';
import type { RunningService } from '#process/service.ts';
import type { LaneBoard } from '#store/delivery/lane-board.ts';
import { pingFailure } from '#store/health.ts';
import type { WatchedRedisWork } from '#store/permission-watch.ts';
import type { Store } from '#store/store.ts';

/** Live while the event loop runs; ready while Redis does what the worker needs. */
export function workerHealth(
  { redis }: Store,
  board: LaneBoard,
  work: WatchedRedisWork,
): Pick<RunningService, 'live' | 'ready'> {
  return {
    live: () => [{ name: 'event loop', ok: true }],
    async ready() {
      const silence = await pingFailure(redis, () => board.read());
      return [check('redis', work.explain(silence) ?? work.fault())];
    },
  };
}
