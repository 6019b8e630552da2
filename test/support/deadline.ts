import { setTimeout as sleep } from 'node:timers/promises';

/** Below the limit of a test, so that the failed check is reported rather than the test's time-out. */
const DEADLINE_MS = 240_000;

/**
 * Tries until the check no longer throws. There is one generous deadline for all, because a busy
 * machine may be a hundred times slower than a quiet one: what counts is that it comes about. After
 * the deadline the last failure is thrown.
 */
export async function eventually(
  check: () => Promise<void> | void,
  { everyMs = 20 }: { everyMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(everyMs);
    }
  }
}
