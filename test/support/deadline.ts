import { setTimeout as sleep } from 'node:timers/promises';

/** Below the limit of a test, so that the failed check is reported rather than the test's time-out. */
const DEADLINE_MS = 240_000;

/** Between two tries at first, and at the most. */
const [SOONEST_MS, LATEST_MS] = [20, 250];

/**
 * Tries until the check no longer throws. There is one generous deadline for all, because a busy
 * machine may be a hundred times slower than a quiet one: what counts is that it comes about. After
 * the deadline the last failure is thrown.
 *
 * @param everyMs between two tries. Without it, a tenth of what has been waited so far: what takes
 *   long is asked for seldom, and asking takes time from what it waits for.
 */
export async function eventually(
  check: () => Promise<void> | void,
  { everyMs }: { everyMs?: number } = {},
): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await check();
    } catch (error) {
      const waited = performance.now() - startedAt;
      if (waited > DEADLINE_MS) throw error;
      await sleep(everyMs ?? Math.min(Math.max(waited / 10, SOONEST_MS), LATEST_MS));
    }
  }
}
