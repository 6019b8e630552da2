import { Queue, type QueueOptions } from 'bullmq';
import { queueName } from '../keys.ts';
import type { Store } from '../store.ts';

/** BullMQ keeps a stream of events of a queue, which has no reader here. */
const STREAM_EVENTS = 100;

export type Queues = ReturnType<typeof createQueues>;

/** The queues that one connection puts envelopes into. */
export function createQueues(store: Store) {
  const open = new Map<string, Queue>();
  return {
    /** Those that are open, by pixel. */
    open: open as ReadonlyMap<string, Queue>,
    /** Sees to it that the queues of these pixels are open. */
    async ensure(pixelIds: Iterable<string>): Promise<void> {
      const closed = [...new Set(pixelIds)].filter((pixelId) => !open.has(pixelId));
      // All at once: one after the other, an intake of hundreds of new pixels would take a second.
      await Promise.all(
        closed.map(async (pixelId) => {
          const queue = queueOf(store, pixelId, { streams: { events: { maxLen: STREAM_EVENTS } } });
          await queue.waitUntilReady();
          open.set(pixelId, queue);
        }),
      );
    },
    async close(): Promise<void> {
      await Promise.all([...open.values()].map((queue) => queue.close()));
    },
  };
}

/** A pixel's queue for reading: nothing is written, not even metadata. */
export function readOnlyQueue(store: Store, pixelId: string): Queue {
  return queueOf(store, pixelId, { skipMetasUpdate: true, skipWaitingForReady: true });
}

function queueOf({ redis, keys }: Store, pixelId: string, options: Partial<QueueOptions>): Queue {
  const place = { connection: redis, prefix: keys.prefix };
  const queue = new Queue(queueName(pixelId), { ...options, ...place });
  queue.on('error', () => {}); // the connection reports its own errors
  return queue;
}
