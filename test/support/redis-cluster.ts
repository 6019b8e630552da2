import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startRedis } from '#local/redis.ts';
import type { LocalServer } from '#local/server.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { eventually } from '#test/support/deadline.ts';
import { startSeveral } from '#test/support/several-servers.ts';

const SLOTS = 16_384;
const PRIMARIES = 3;
const SELDOM = { everyMs: 100 };

/** A node, with a connection to it whatever it is in the cluster. */
export interface ClusterNode {
  readonly server: LocalServer;
  readonly redis: Redis;
  readonly port: number;
  readonly id: string;
}

export type RedisCluster = Awaited<ReturnType<typeof startRedisCluster>>;

/** Three primaries that share the slots, and a replica of each; it is in order when this resolves. */
export async function startRedisCluster(folder: string) {
  const servers = await startServers(folder);
  const nodes: ClusterNode[] = [];
  const close = async (): Promise<void> => {
    for (const { redis } of nodes) redis.disconnect();
    await Promise.all(servers.map((server) => server.kill()));
  };
  try {
    for (const server of servers) {
      const redis = connectForCommands(server.address, () => {});
      const id = String(await redis.call('CLUSTER', 'MYID'));
      nodes.push({ server, redis, port: Number(new URL(server.address).port), id });
    }
    await unite(nodes);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    nodes,
    /** Each as host:port. */
    addresses: nodes.map(({ port }) => `127.0.0.1:${port}`),
    /** Resolves to the number of the slot of a key. */
    slotOf: async (key: string) => Number(await nodes[0]?.redis.call('CLUSTER', 'KEYSLOT', key)),
    /** The primary of a slot now, and its replicas. */
    serving: (slot: number) => serving(nodes, slot),
    /** Waits until the cluster is in order and the primary of a slot has a replica that copies. */
    async settled(slot: number) {
      await eventually(() => inOrder(nodes), SELDOM);
      const found = await serving(nodes, slot);
      if (found.replicas.length === 0) throw new Error(`slot ${slot} has no replica`);
      return found;
    },
    /** Another primary than this one. */
    async otherPrimary({ id: not }: ClusterNode): Promise<ClusterNode> {
      await eventually(() => inOrder(nodes), SELDOM);
      for (const node of nodes) {
        if (node.id !== not && (await node.redis.info('replication')).includes('role:master'))
          return node;
      }
      throw new Error('there is no other primary');
    },
    /** Waits until another node serves the slot than before. */
    moved: (slot: number, from: ClusterNode) =>
      eventually(async () => {
        if ((await serving(nodes, slot)).primary === from)
          throw new Error('it serves the slot still');
      }, SELDOM),
    close,
  };
}

/** A busy machine must not pass for a dead node; and each primary keeps its replica. */
const CLUSTERED = {
  'cluster-enabled': 'yes',
  'cluster-node-timeout': '5000',
  'cluster-allow-replica-migration': 'no',
};

async function startServers(folder: string): Promise<readonly LocalServer[]> {
  const { servers } = await startSeveral(PRIMARIES * 2, async (port) => {
    const own = join(folder, `node-${port}`);
    await mkdir(own);
    const settings = { ...CLUSTERED, 'cluster-port': String(busOf(port)) };
    return startRedis({ folder: own, port, settings }, () => {});
  });
  return servers;
}

/** Redis's own choice, 10,000 above, is among the ports that connections are given. */
function busOf(port: number): number {
  return port - 10_000;
}

async function unite(nodes: readonly ClusterNode[]): Promise<void> {
  const [first, ...others] = nodes;
  for (const [at, { redis }] of nodes.entries()) {
    await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', at + 1);
    if (at >= PRIMARIES) continue;
    const from = Math.ceil((SLOTS * at) / PRIMARIES);
    const to = Math.ceil((SLOTS * (at + 1)) / PRIMARIES) - 1;
    await redis.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
  }
  for (const { port } of others)
    await first?.redis.call('CLUSTER', 'MEET', '127.0.0.1', port, busOf(port));
  await eventually(async () => {
    for (const { redis } of nodes) {
      const lines = await linesOf(redis);
      const known = lines.filter(({ flags }) => !/handshake|fail/.test(flags));
      if (known.length < nodes.length) throw new Error(`knows ${known.length} nodes`);
    }
  });
  for (const [at, { redis }] of nodes.slice(PRIMARIES).entries()) {
    await redis.call('CLUSTER', 'REPLICATE', nodes[at]?.id ?? '');
  }
  await eventually(() => inOrder(nodes));
}

/** @throws Error while some node does not see every slot served, or a replica does not copy */
async function inOrder(nodes: readonly ClusterNode[]): Promise<void> {
  for (const { redis, port } of nodes) {
    const info = String(await redis.call('CLUSTER', 'INFO'));
    if (!info.includes('cluster_state:ok'))
      throw new Error(`${port} sees a cluster that is not ok`);
    const replicas = (await linesOf(redis)).filter(({ flags }) => flags.includes('slave'));
    if (replicas.length < PRIMARIES) throw new Error(`${port} knows ${replicas.length} replicas`);
    const own = await redis.info('replication');
    const copies = own.includes('role:master') || own.includes('master_link_status:up');
    if (!copies) throw new Error(`${port} does not copy`);
  }
}

/** One node as another one sees it. */
interface NodeLine {
  readonly id: string;
  readonly flags: string;
  /** The id of the primary that it copies from, or a dash. */
  readonly primary: string;
  readonly ranges: readonly string[];
}

async function linesOf(redis: Redis): Promise<NodeLine[]> {
  const text = String(await redis.call('CLUSTER', 'NODES'));
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [id = '', , flags = '', primary = '', , , , , ...ranges] = line.split(' ');
      return { id, flags, primary, ranges };
    });
}

function holds(range: string, slot: number): boolean {
  const [from, to = from] = range.split('-').map(Number);
  return from !== undefined && to !== undefined && from <= slot && slot <= to;
}

/** The primary of a slot, as it says itself, and those that copy from it. */
async function serving(
  nodes: readonly ClusterNode[],
  slot: number,
): Promise<{ readonly primary: ClusterNode; readonly replicas: readonly ClusterNode[] }> {
  const seen = await Promise.allSettled(
    nodes.map(async (node) => ({ node, lines: await linesOf(node.redis) })),
  );
  for (const each of seen) {
    if (each.status === 'rejected') continue;
    const { node, lines } = each.value;
    const own = lines.find(({ flags }) => flags.includes('myself'));
    if (own?.ranges.some((range) => holds(range, slot)) !== true) continue;
    const copying = lines.filter(
      ({ primary, flags }) => primary === node.id && !/fail/.test(flags),
    );
    const replicas = nodes.filter(({ id }) => copying.some((line) => line.id === id));
    return { primary: node, replicas };
  }
  throw new Error(`no node serves slot ${slot}`);
}

/** Keys of one MIGRATE. */
const MOVED_AT_ONCE = 20;
const MIGRATE_MS = 60_000;

/**
 * Moves a slot as `redis-cli --cluster reshard` does: key by key, while it is in use.
 * @param midway awaited once some keys are there and others here
 */
export async function moveSlot(
  { nodes }: RedisCluster,
  slot: number,
  [from, to]: readonly [from: ClusterNode, to: ClusterNode],
  midway: () => Promise<void>,
): Promise<void> {
  await to.redis.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
  await from.redis.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
  for (let moved = 0; ; ) {
    const keys = (await from.redis.call(
      'CLUSTER',
      'GETKEYSINSLOT',
      slot,
      MOVED_AT_ONCE,
    )) as string[];
    if (keys.length === 0) break;
    await from.redis.call(
      'MIGRATE',
      '127.0.0.1',
      to.port,
      '',
      0,
      MIGRATE_MS,
      'REPLACE',
      'KEYS',
      ...keys,
    );
    if (moved === 0) await midway();
    moved += keys.length;
  }
  for (const node of [to, from, ...nodes.filter((each) => each !== to && each !== from)]) {
    const isReplica = (await node.redis.info('replication')).includes('role:slave');
    if (!isReplica) await node.redis.call('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
  }
}
