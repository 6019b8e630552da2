import { Queue } from 'bullmq';
import { queueName } from '../keys.ts';
import type { Store } from '../store.ts';

/** The queues that one connection puts envelopes into. */
export interface Queues {
  /** Those that are open, by pixel. */
  readonly open: ReadonlyMap<string, Queue>;
  /** Sees to it that the queues of these pixels are open. */
  ensure(pixelIds: Iterable<string>): Promise<void>;
  close(): Promise<void>;
}

/** BullMQ keeps a stream of what happens in a queue; nobody reads it. */
const STREAM_EVENTS = 100;

export function createQueues(store: Store): Queues {
  const open = new Map<string, Queue>();
  return {
    open,
    async ensure(pixelIds) {
      for (const pixelId of pixelIds) {
        if (open.has(pixelId)) continue;
        const queue = new Queue(queueName(pixelId), {
          connection: store.redis,
          prefix: store.keys.prefix,
          streams: { events: { maxLen: STREAM_EVENTS } },
        });
        queue.on('error', () => {}); // the connection reports its own errors
        await queue.waitUntilReady();
        open.set(pixelId, queue);
      }
    },
    async close() {
      await Promise.all([...open.values()].map((queue) => queue.close()));
    },
  };
}
