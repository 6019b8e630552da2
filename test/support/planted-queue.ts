import { Queue } from 'bullmq';
import { queueName } from '#store/keys.ts';
import type { Store } from '#store/store.ts';

/** The queue of a pixel, into which a test puts what nothing else would. */
export function plantedQueue({ redis, keys }: Store, pixelId: string): Queue {
  const place = { connection: redis, prefix: keys.prefix };
  return new Queue(queueName(pixelId), {
    ...place,
    skipMetasUpdate: true,
    skipWaitingForReady: true,
  });
}
