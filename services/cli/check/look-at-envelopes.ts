import { connectOnce } from '#queue/connection.ts';
import { readUnreadable, type Unreadable } from '#queue/troubled-envelopes.ts';
import { type Finding, failure, look } from './finding.ts';

const MEND =
  'put the key that it names back into sealing.keys and restart the workers: nothing was thrown away';

/** Whether workers have met envelopes that do not open under the keys they have. */
export function lookAtEnvelopes(
  { url, prefix }: { readonly url: string; readonly prefix: string },
  pixelIds: readonly string[],
): Promise<readonly Finding[]> {
  return look('envelopes', 'see what is said of Redis', async (blame) => {
    const redis = connectOnce(url);
    redis.on('error', blame);
    try {
      await redis.connect();
      return [...(await readUnreadable(redis, prefix, pixelIds))].flatMap(findingOf);
    } catch {
      // That Redis does not answer is said of Redis.
      return [];
    } finally {
      redis.disconnect();
    }
  });
}

function findingOf([pixelId, { envelopes, why }]: [string, Unreadable]): Finding[] {
  if (why === null) return [];
  const many = envelopes === 1 ? '1 envelope does' : `${envelopes} envelopes do`;
  return [failure(`pixel ${pixelId}`, `${many} not open: ${why}`, MEND)];
}
