import { z } from 'zod';
import { LOCATED_TLS } from '../connection-cause.ts';
import { type OpenServer, ServerRound, Unknowing } from './ask-servers.ts';
import { type Locate, type ServerAddress, writeAddress } from './locating-connector.ts';

/** A node that does not know its own name has none, or an empty one. */
const NODE = z.tuple([z.string().nullable(), z.int()]).rest(z.unknown());
const RANGES = z.array(z.tuple([z.int(), z.int()]).rest(NODE));

/** Nodes that are remembered besides those of the configuration. */
const MOST_KNOWN = 100;

/**
 * Finds the primary of the slot that everything under a prefix is in. A server that a slot leaves answers
 * with MOVED, so that its connections come here again.
 * Source: https://redis.io/docs/latest/commands/cluster-slots/
 */
export function locateInCluster(
  { nodes, prefix }: { readonly nodes: readonly string[]; readonly prefix: string },
  open: OpenServer,
): Locate {
  const round = new ServerRound({ whom: 'node of the cluster', open, keys: LOCATED_TLS });
  let known = nodes;
  return () =>
    round.ask(known, async (redis, server): Promise<ServerAddress> => {
      const slot = z.int().parse(await redis.call('CLUSTER', 'KEYSLOT', prefix));
      const ranges = RANGES.parse(await redis.call('CLUSTER', 'SLOTS'));
      const here = server.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
      const addressOf = ([host, port]: z.infer<typeof NODE>) => ({ host: host || here, port });
      const found = ranges.flatMap(([, , ...all]) => all.map(addressOf)).map(writeAddress);
      known = [...new Set([...nodes, ...found])].slice(0, nodes.length + MOST_KNOWN);
      const serving = ranges.find(([from, to]) => from <= slot && slot <= to);
      const primary = serving?.[2];
      if (primary === undefined) throw new Unknowing(`knows no node that serves slot ${slot}`);
      return addressOf(primary);
    });
}
