import { Queue, type QueueOptions } from 'bullmq';
import { asObject } from '#core/event/track-event.ts';
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

export type { Queue };

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

/** What may be shown of the data of a job, which are an envelope: how much is in it. */
export function describeEnvelope(data: unknown): Readonly<Record<string, unknown>> {
  const { n, d } = asObject(data) ?? {};
  return {
    events: typeof n === 'number' ? n : null,
    sealedBytes: typeof d === 'string' ? Buffer.byteLength(d, 'base64') : null,
  };
}
