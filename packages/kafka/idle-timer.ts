import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const require = createRequire(import.meta.url);

/**
 * Stops kafkajs from looking every millisecond whether a request waits when none does.
 *
 * kafkajs 2.2.4 schedules its next look at `throttledUntil - now`, which is far in the past while
 * nothing is throttled: an idle connection wakes a thousand times a second and Node warns of a
 * negative timeout. Whatever adds a request looks by itself, so that without one there is nothing
 * to look for.
 */
export function calmIdleTimer(): void {
  const Queue = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  const original = Queue.prototype.scheduleCheckPendingRequests;
  Queue.prototype.scheduleCheckPendingRequests = function calm(this: RequestQueue) {
    if (this.pending.length > 0) original.call(this);
  };
}
