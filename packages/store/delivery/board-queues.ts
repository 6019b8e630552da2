import { Queue } from 'bullmq';
import { queueName } from '../keys.ts';
import type { Store } from '../store.ts';

export type { Queue };

/** A pixel's queue for who only looks at it: nothing is written, not even that somebody looks. */
export function queueToLookAt(store: Store, pixelId: string): Queue {
  const queue = new Queue(queueName(pixelId), {
    connection: store.redis,
    prefix: store.keys.prefix,
    skipMetasUpdate: true,
    skipWaitingForReady: true,
  });
  queue.on('error', () => {}); // the connection reports its own errors
  return queue;
}

/** What may be shown of the data of a job, which are an envelope: how much is in it. */
export function describeEnvelope(data: unknown): Readonly<Record<string, unknown>> {
  const { n, d } = (data ?? {}) as { n?: unknown; d?: unknown };
  return {
    events: typeof n === 'number' ? n : null,
    sealedBytes: typeof d === 'string' ? Buffer.byteLength(d, 'base64') : null,
  };
}
