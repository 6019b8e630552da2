import type { Redis } from '#queue/connection.ts';
import { readDeadLetterCounts } from '#queue/dead-letters.ts';
import { readDepth, readLaneDepths } from '#queue/depth.ts';
import type { Collector } from '#runtime/metrics/collectors.ts';
import type { Metrics } from '#runtime/metrics/registry.ts';

/** What every worker can say of the queue and of the dead letters, which are not its own. */
export function depthCollectors(
  redis: Redis,
  prefix: string,
  pixels: () => readonly string[],
  metrics: Metrics,
): Collector[] {
  return [
    {
      name: 'queue',
      async collect() {
        const [depth, lanes] = await Promise.all([
          readDepth(redis, prefix, pixels()),
          readLaneDepths(redis, prefix, pixels()),
        ]);
        metrics.redisMemory.set(depth.memoryRatio);
        for (const [pixel, events] of depth.events) metrics.queueEvents.set({ pixel }, events);
        for (const [pixel, { oldestAt, ...states }] of lanes) {
          for (const [state, n] of Object.entries(states)) {
            metrics.queueEnvelopes.set({ pixel, state }, n);
          }
          const age = oldestAt === null ? 0 : (Date.now() - oldestAt) / 1000;
          metrics.queueOldest.set({ pixel }, age);
        }
      },
    },
    {
      name: 'dead_letters',
      async collect() {
        const held = new Map<string, number>();
        for (const { pixelId, reason, count } of await readDeadLetterCounts(redis, prefix)) {
          const key = `${pixelId} ${reason}`;
          held.set(key, (held.get(key) ?? 0) + count);
        }
        metrics.deadLettersHeld.reset();
        for (const [key, count] of held) {
          const [pixel = '', reason = ''] = key.split(' ');
          metrics.deadLettersHeld.set({ pixel, reason }, count);
        }
      },
    },
  ];
}
