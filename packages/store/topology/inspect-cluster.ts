import type { Redis } from 'ioredis';
import { infoField, type RedisFinding } from '../redis-node.ts';
import type { Topology } from './inspect-sentinels.ts';
import { reachedServer } from './locating-connector.ts';

/** Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
const SLOTS = 16_384;

/** Asks the node that a connection reached: the primary of the slot of all our keys. */
export async function inspectCluster(redis: Redis, prefix: string): Promise<Topology> {
  const info = String(await redis.call('CLUSTER', 'INFO'));
  const nodes = String(await redis.call('CLUSTER', 'NODES'));
  const slot = String(await redis.call('CLUSTER', 'KEYSLOT', prefix));
  const read = (name: string) => infoField(info, name);
  const covered = Number(read('cluster_slots_ok'));
  const line = `cluster of ${read('cluster_size')} primaries, ${read('cluster_known_nodes')} nodes, ${covered} of ${SLOTS} slots covered; slot ${slot} of redis.prefix is on ${reachedServer(redis)}`;
  return { lines: [line], findings: judge({ state: read('cluster_state'), covered, nodes, slot }) };
}

interface Seen {
  readonly state: string;
  readonly covered: number;
  /** What `CLUSTER NODES` says. */
  readonly nodes: string;
  readonly slot: string;
}

function judge({ state, covered, nodes, slot }: Seen): RedisFinding[] {
  const findings: RedisFinding[] = [];
  const add = (level: RedisFinding['level'], problem: string, fix: string): void =>
    void findings.push({ level, problem, fix });
  if (state !== 'ok') {
    add(
      'danger',
      `the cluster is in state "${state}": it refuses commands`,
      'redis-cli --cluster check, then fix',
    );
  }
  if (covered < SLOTS) {
    const problem = `${SLOTS - covered} slots have no primary that answers`;
    add('warning', problem, 'redis-cli --cluster check, then fix');
  }
  const own = nodes.split('\n').find((line) => line.includes('myself')) ?? '';
  const [id = ''] = own.split(' ');
  if (own.includes(`[${slot}->-`)) {
    const problem = `slot ${slot} is being moved to another node: until that ends, everything waits`;
    add('warning', problem, 'let it end, or see redis-cli --cluster check');
  }
  const replicas = nodes.split('\n').filter((line) => {
    const [, , flags = '', primary] = line.split(' ');
    return primary === id && !/fail|noaddr/.test(flags);
  });
  if (replicas.length === 0) {
    const problem = `the primary of slot ${slot} has no replica: if it is lost, so is what waits in it`;
    add('warning', problem, 'add a replica to it');
  }
  return findings;
}
