import { repliesOf } from '../connection.ts';
import type { Store } from '../store.ts';

/** How much waits in Redis, and how much room is left. */
export interface Depth {
  /** Events in envelopes that are not settled, by pixel. */
  readonly events: ReadonlyMap<string, number>;
  /** Dead letters of all pixels. */
  readonly deadLetters: number;
  /** Used share of `maxmemory`; 0 when Redis has no limit. */
  readonly memoryRatio: number;
}

/** Envelopes of a pixel by BullMQ's state, those of a replay among the waiting, and when the oldest of them was enqueued. */
export interface LaneDepth {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
  /** Unix ms; null when there is none. */
  readonly oldestAt: number | null;
}

/** One round trip and a few microseconds of Redis, however much waits. */
export async function readDepth(store: Store, pixelIds: readonly string[]): Promise<Depth> {
  const keys = store.keys;
  const pipeline = store.redis.pipeline();
  pipeline.info('memory').hget(keys.dead.totals, 'held');
  for (const pixelId of pixelIds) pipeline.hget(keys.ledger(pixelId), 'queued');
  const replies = await repliesOf(pipeline);
  const events = pixelIds.map((id, index) => [id, Number(replies[index + 2] ?? 0)] as const);
  const deadLetters = Number(replies[1] ?? 0);
  return { events: new Map(events), deadLetters, memoryRatio: memoryRatio(String(replies[0])) };
}

/** The state of each pixel's queue. */
export async function readLaneDepths(
  store: Store,
  pixelIds: readonly string[],
): Promise<Map<string, LaneDepth>> {
  const pipeline = store.redis.pipeline();
  for (const pixelId of pixelIds) {
    const key = (part: string) => store.keys.ofQueue(pixelId, part);
    pipeline.llen(key('wait')).llen(key('active')).zcard(key('delayed')).zcard(key('failed'));
    pipeline.lrange(key('wait'), -SAMPLE, -1).lrange(key('wait'), 0, SAMPLE - 1);
    pipeline.lrange(key('active'), -SAMPLE, -1);
    pipeline
      .zrange(key('delayed'), '0', `${SAMPLE - 1}`)
      .zrange(key('delayed'), `${-SAMPLE}`, '-1')
      .zrange(key('prioritized'), '0', `${SAMPLE - 1}`);
    pipeline.zcard(key('prioritized'));
  }
  const replies = await repliesOf(pipeline);
  const lanes = pixelIds.map((pixelId, index) => {
    const answers = replies.slice(index * ANSWERS_A_LANE, (index + 1) * ANSWERS_A_LANE);
    const [living = 0, active = 0, delayed = 0, failed = 0] = answers.slice(0, 4).map(Number);
    const waiting = living + Number(answers.at(-1));
    const ids = answers
      .slice(4, -1)
      .flat()
      .filter((id) => typeof id === 'string');
    return { pixelId, depth: { waiting, active, delayed, failed }, ids };
  });
  const oldest = await oldestOf(store, lanes);
  return new Map(
    lanes.map(({ pixelId, depth }, index) => [
      pixelId,
      { ...depth, oldestAt: oldest[index] ?? null },
    ]),
  );
}

const ANSWERS_A_LANE = 11;

/**
 * Envelopes looked at on each end of a list. New ones wait on the left of `wait` and so do those that
 * have rested, the next one to be taken stands on its right; those that rest are ordered by the end
 * of their rest, which is longest for the oldest.
 */
const SAMPLE = 8;

/** When the oldest of some envelopes of each lane was enqueued, Unix ms. */
async function oldestOf(
  store: Store,
  lanes: readonly { pixelId: string; ids: readonly string[] }[],
): Promise<(number | null)[]> {
  const keys = store.keys;
  const pipeline = store.redis.pipeline();
  for (const { pixelId, ids } of lanes) {
    for (const id of ids) pipeline.hget(keys.job(pixelId, id), 'timestamp');
  }
  const times = await repliesOf(pipeline);
  return lanes.map(({ ids }) => {
    const known = times.splice(0, ids.length).filter((at) => typeof at === 'string');
    return known.length === 0 ? null : Math.min(...known.map(Number));
  });
}

function memoryRatio(info: string): number {
  const read = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const limit = read('maxmemory');
  return limit === 0 ? 0 : read('used_memory') / limit;
}
