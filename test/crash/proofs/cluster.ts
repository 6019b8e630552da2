import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatCount } from '#core/text/format.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { type Scene, trial, UNDER_WAY } from '#test/crash/trial.ts';
import { moveSlot, type RedisCluster, startRedisCluster } from '#test/support/redis-cluster.ts';

export interface ClusterOptions {
  /** How often the primary of the slot dies, and how often the slot is moved. */
  readonly failovers: number;
  readonly moves: number;
  readonly eventsPerSecond: number;
  readonly workers: number;
  /** How long a move stops half way, in ms. */
  readonly midwayMs: number;
}

/**
 * Of a cluster of three primaries with a replica each, the primary of our slot dies, and the slot is moved
 * to another primary while it is in use: in between some of its keys are here and others there.
 */
export async function cluster(bench: Bench, options: ClusterOptions): Promise<Evidence> {
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-cluster-'));
  try {
    const servers = await startRedisCluster(folder);
    try {
      return await disturbCluster(bench, options, servers);
    } finally {
      await servers.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param midway what happens while the slot is on its way */
export async function disturbCluster(
  { arena, seed, say, remembers = false }: Bench,
  options: ClusterOptions,
  servers: RedisCluster,
  midway: (scene: Scene) => Promise<void> = () => sleep(options.midwayMs),
): Promise<Evidence> {
  const { failovers, moves, eventsPerSecond, workers } = options;
  // The others are found by these.
  const redis = { cluster: { nodes: servers.addresses.slice(0, 2) } };
  const pace = { ingests: 1, workers, eventsPerSecond, remembers };
  const result = await trial(arena, { seed, say, redis, ...pace }, (scene) =>
    disturb(servers, scene, options, { say, midway: () => midway(scene) }),
  );
  const allowed = result.unknownAnswers + failovers * workers * UNDER_WAY + result.told;
  const disturbances = `in a cluster of three primaries, the primary of the slot killed ${failovers} times, and the slot moved to another one ${moves} times`;
  return evidence(disturbances, result, allowed, {
    notes: [
      `${formatCount(result.told)} events had been accepted in the last quarter of a second of a primary: what of them no replica had comes again`,
    ],
  });
}

interface Aside {
  readonly say: Bench['say'];
  readonly midway: () => Promise<void>;
}

/** Resolves to how many events were accepted while what is accepted might be forgotten. */
async function disturb(
  servers: RedisCluster,
  { fleet }: Scene,
  { failovers, moves }: ClusterOptions,
  { say, midway }: Aside,
): Promise<number> {
  const slot = await servers.slotOf(fleet.prefix);
  let undone = 0;
  for (let n = 1; n <= Math.max(failovers, moves); n += 1) {
    if (n <= moves) {
      await sleep(1000);
      await moveOn(servers, slot, midway);
      say(`${String(n).padStart(4)}/${moves}  slot ${slot} moved to another primary`);
    }
    if (n <= failovers) {
      await sleep(1000);
      undone += await failOver(servers, fleet, slot);
      say(`${String(n).padStart(4)}/${failovers}  the primary of slot ${slot} killed`);
    }
  }
  return undone;
}

async function moveOn(
  servers: RedisCluster,
  slot: number,
  midway: () => Promise<void>,
): Promise<void> {
  const { primary } = await servers.serving(slot);
  const other = await servers.otherPrimary(primary);
  await moveSlot(servers, slot, [primary, other], midway);
}

async function failOver(
  servers: RedisCluster,
  fleet: Scene['fleet'],
  slot: number,
): Promise<number> {
  const { primary: former } = await servers.settled(slot);
  const before = total(await fleet.accepted());
  await sleep(250);
  await former.server.kill();
  const undone = total(await fleet.accepted()) - before;
  await servers.moved(slot, former);
  await former.server.start();
  return undone;
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
