import { connectOnce } from '#store/connection.ts';
import { readUnreadable, type Unreadable } from '#store/delivery/troubled-envelopes.ts';
import { type Finding, failure, look } from './finding.ts';

const MEND =
  'put a missing key back into sealing.keys and restart the workers; for any other reason see CapiUnreadableEnvelopes in docs/runbooks.md. Nothing was thrown away';

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

function findingOf([pixelId, { envelopes, reasons }]: [string, Unreadable]): Finding[] {
  if (envelopes === 0) return [];
  const many = envelopes === 1 ? '1 envelope does' : `${envelopes} envelopes do`;
  return [failure(`pixel ${pixelId}`, `${many} not open: ${reasons.join('; ')}`, MEND)];
}
