import { z } from 'zod';
import type { RedisSentinels } from '#config/configuration.ts';
import { SENTINEL_TLS } from '../connection-cause.ts';
import { type OpenServer, ServerRound, Unknowing } from './ask-servers.ts';
import type { Locate, ServerAddress } from './locating-connector.ts';

const ADDRESS = z.tuple([z.string().min(1), z.coerce.number<string>().int()]).nullable();

/** Source: https://redis.io/docs/latest/develop/reference/sentinel-clients/ */
export function locateBySentinels(
  { nodes, name }: Pick<RedisSentinels, 'nodes' | 'name'>,
  open: OpenServer,
): Locate {
  const round = new ServerRound({ whom: 'Sentinel', open, keys: SENTINEL_TLS });
  return () =>
    round.ask(nodes, async (redis): Promise<ServerAddress> => {
      const found = ADDRESS.parse(await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name));
      if (found === null) {
        throw new Unknowing(`watches nothing called ${name}: correct redis.sentinels.name`);
      }
      const [host, port] = found;
      return { host, port };
    });
}
