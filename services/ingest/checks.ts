import type { Redis } from '#queue/connection.ts';
import { answers } from '#queue/redis-health.ts';
import type { Check } from '#runtime/admin-server.ts';
import type { TrackConsumer } from './consumer.ts';

/** Longer without a sign from the group or a fetch, and the consumer hangs, in ms. */
const SILENCE_MS = 90_000;

/** Whether ingest is alive, and whether it does its job. */
export function createChecks(
  consumer: TrackConsumer,
  redis: Redis,
): { live: () => Check[]; ready: () => Promise<Check[]> } {
  const alive = (): Check => {
    const silent = Date.now() - consumer.lastSign();
    if (silent < SILENCE_MS) return { name: 'consumer', ok: true };
    return {
      name: 'consumer',
      ok: false,
      detail: `no sign of life for ${Math.round(silent / 1000)} s`,
    };
  };
  return {
    live: () => [alive()],
    async ready() {
      const joined = consumer.joined();
      const ping = await answers(redis);
      return [
        alive(),
        {
          name: 'group',
          ok: joined,
          ...(joined ? {} : { detail: 'not a member of the group now' }),
        },
        { name: 'redis', ok: ping, ...(ping ? {} : { detail: 'does not answer' }) },
      ];
    },
  };
}
