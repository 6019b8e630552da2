import { setTimeout as sleep } from 'node:timers/promises';
import { connectForCommands } from '#store/connection.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { trial } from '#test/crash/trial.ts';

/** Redis is gone for so long, under load. */
export async function redisGone(
  { arena, seed, say }: Bench,
  options: { readonly goneMs: number; readonly eventsPerSecond: number },
): Promise<Evidence> {
  const { goneMs, eventsPerSecond } = options;
  const pace = { ingests: 1, workers: 1, eventsPerSecond };
  const result = await trial(arena, { seed, say, ...pace }, async () => {
    await sleep(2000);
    await arena.redis.kill();
    say(`Redis is gone for ${goneMs / 1000} s`);
    await sleep(goneMs);
    await arena.redis.start();
    await sleep(1000);
  });
  return evidence(`Redis gone for ${goneMs / 1000} s`, result, result.unknownAnswers);
}

/** Redis takes no more writes, because another client has filled it. */
export async function redisFull(
  { arena, seed, say }: Bench,
  options: { readonly times: number; readonly fullMs: number; readonly eventsPerSecond: number },
): Promise<Evidence> {
  const { times, fullMs, eventsPerSecond } = options;
  const redis = connectForCommands(arena.redisUrl, () => {});
  const pace = { ingests: 1, workers: 1, eventsPerSecond };
  try {
    const result = await trial(arena, { seed, say, ...pace }, async () => {
      let refused = 0;
      for (let n = 1; n <= times; n += 1) {
        await sleep(1500);
        // Below what it holds: whatever takes room is refused from now on.
        await redis.config('SET', 'maxmemory', '1mb');
        await sleep(fullMs);
        refused += Number(
          await redis.set('is-full', 'x').then(
            () => 0,
            () => 1,
          ),
        );
        await redis.config('SET', 'maxmemory', '0');
        say(`${String(n).padStart(4)}/${times}  Redis was full for ${fullMs / 1000} s`);
      }
      return refused;
    });
    const faults = result.told === times ? [] : ['Redis was not full'];
    return evidence(`Redis at maxmemory × ${times}, ${fullMs / 1000} s each`, result, 0, {
      faults,
    });
  } finally {
    await redis.quit();
  }
}
