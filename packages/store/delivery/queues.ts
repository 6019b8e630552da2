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
      for (const pixelId of pixelIds) {
        if (open.has(pixelId)) continue;
        const queue = queueOf(store, pixelId, { streams: { events: { maxLen: STREAM_EVENTS } } });
        await queue.waitUntilReady();
        open.set(pixelId, queue);
      }
    },
    async close(): Promise<void> {
      await Promise.all([...open.values()].map((queue) => queue.close()));
    },
  };
}

function queueOf({ redis, keys }: Store, pixelId: string, options: Partial<QueueOptions>): Queue {
  const place = { connection: redis, prefix: keys.prefix };
  const queue = new Queue(queueName(pixelId), { ...options, ...place });
  queue.on('error', () => {}); // the connection reports its own errors
  return queue;
}
