import { RedisWork } from '#store/redis-fault.ts';

/** Work that Redis is to refuse; `twice` resolves when it has failed a second time. */
export function refusedWork(): {
  work: RedisWork;
  twice: Promise<void>;
  failures: () => number;
} {
  let failures = 0;
  const { promise: twice, resolve } = Promise.withResolvers<void>();
  const work = new RedisWork({
    onFailure() {
      failures += 1;
      if (failures === 2) resolve();
    },
  });
  return { work, twice, failures: () => failures };
}
