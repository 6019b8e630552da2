import { phaseOf } from '#core/delivery/halt.ts';
import { repliesOf } from '../../connection.ts';
import { createLaneBoard, type PostedHalt } from '../../delivery/lane-board.ts';
import { readLedgersOf } from '../../status/ledger.ts';
import type { Store } from '../../store.ts';
import { changeReplay, readReplay } from './store.ts';

/** Replays that are looked at, the newest first. */
const LOOKED_AT = 20;

/** The detached replays that were stopped because only halted pixels were left. */
export async function readAwaiting({ redis, keys }: Store): Promise<string[]> {
  const ids = await redis.zrevrange(keys.replays, 0, LOOKED_AT - 1);
  const pipeline = redis.pipeline();
  for (const id of ids) pipeline.hmget(keys.replay(id), 'state', 'detached', 'awaitsPixels');
  const rows = ids.length === 0 ? [] : await repliesOf(pipeline);
  return ids.filter((_, at) => String(rows[at]) === 'stopped,true,true');
}

/** Lets one of them go on when one of its pixels has a lane that can be used. */
export async function resumeAwaiting(store: Store, id: string, by: string): Promise<void> {
  const pixelIds = ((await readReplay(store, id))?.held ?? []).map(({ pixelId }) => pixelId);
  const board = await createLaneBoard(store).read();
  const ledgers = await readLedgersOf(store, pixelIds);
  const usable = pixelIds.some((pixelId) =>
    isUsable(board.get(pixelId), ledgers.get(pixelId)?.queued ?? 0),
  );
  if (usable) await changeReplay(store, id, { state: 'running', why: null, by });
}

/** A lane that is due to be probed and has nothing to probe it with gets that from the replay. */
function isUsable(posted: PostedHalt | undefined, queued: number): boolean {
  if (posted === undefined) return true;
  return queued === 0 && phaseOf(posted.halt, Date.now()) === 'probing';
}
