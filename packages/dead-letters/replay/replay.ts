import { openContent } from '#queue/burial.ts';
import type { Redis } from '#queue/connection.ts';
import { readSealed, type SealedLetter } from '#queue/dead-letters.ts';
import { createRevivalStore, type RevivalStore } from '#queue/revival.ts';
import { sealerOf } from '#queue/sealer-of.ts';
import { SealError, type Sealer } from '#queue/sealing.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';
import { lockLost, ownerName, takeLock } from '../lock.ts';
import { pause, stepSize, waitFor } from './pace.ts';
import type { Plan } from './plan.ts';
import { createRejudge, type Rejudge } from './rejudge.ts';
import { type ScreeningPolicy, screen } from './screening.ts';
import { type Judged, stepOf } from './step.ts';
import type { Counting } from './tally.ts';

export interface ReplayControls {
  readonly policy: ScreeningPolicy;
  /** Dead letters a second; null for as fast as it goes. */
  readonly rate: number | null;
  /** True writes nothing. */
  readonly dryRun: boolean;
  /** Ends the replay between two steps. */
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/**
 * Puts dead letters back into the queue, step by step. Each step happens as a whole or not at all,
 * so that a replay which ends in the middle, however it ends, can simply be started again.
 *
 * @returns how many of the plan were gone through, and counted in its tally
 * @throws LockError when somebody else replays or purges
 */
export async function replay(
  plan: Plan,
  redis: Redis,
  configuration: Configuration,
  controls: ReplayControls,
): Promise<number> {
  const sealer = sealerOf(configuration.sealing);
  if (controls.dryRun) return goThrough(plan, redis, configuration, controls, null);
  const options = { prefix: configuration.redis.prefix, sealer, owner: ownerName('replay') };
  const store = createRevivalStore(redis, options);
  await takeLock(store);
  try {
    return await goThrough(plan, redis, configuration, controls, store);
  } finally {
    await store.close().catch(() => {}); // the lock ends by itself where Redis has gone
  }
}

async function goThrough(
  { ids, tally }: Plan,
  redis: Redis,
  configuration: Configuration,
  { policy, rate, signal, onProgress }: ReplayControls,
  store: RevivalStore | null,
): Promise<number> {
  const { redis: where, sealing, ingest, pixels } = configuration;
  const sealer = sealerOf(sealing);
  const rejudge = createRejudge(pixels, ingest);
  const size = stepSize(rate);
  const started = performance.now();
  let done = 0;
  while (done < ids.length && !signal.aborted) {
    const part = ids.slice(done, done + size);
    const letters = await readSealed(redis, where.prefix, part);
    const seen = { letters, gone: part.length - letters.length };
    const judged = judge(seen, { rejudge, sealer, policy, tally, now: Date.now() });
    // Without any the step still keeps the lock.
    const result = await store?.revive(stepOf(judged, sealer, ingest.envelope));
    if (result === 'lost') throw lockLost(`${tally.replayed} were put back into the queue`);
    for (const { fates } of judged) tally.judged(fates);
    done += part.length;
    onProgress(done);
    if (store !== null && done < ids.length) {
      await pause(waitFor(done, performance.now() - started, rate), signal);
    }
  }
  return done;
}

/** What becomes of those that can be replayed; the others are counted, and stay. */
function judge(
  { letters, gone }: { readonly letters: readonly SealedLetter[]; readonly gone: number },
  by: { rejudge: Rejudge; sealer: Sealer; policy: ScreeningPolicy; tally: Counting; now: number },
): Judged[] {
  const { rejudge, sealer, policy, tally, now } = by;
  tally.skip('gone', gone);
  const judged: Judged[] = [];
  for (const { facts, sealed } of letters) {
    const skip = screen(facts, now, policy);
    const content = skip === null ? open(sealer, facts.id, sealed) : null;
    const fates = content === null ? (skip ?? 'unreadable') : rejudge(facts, content, now);
    if (typeof fates === 'string') tally.skip(fates);
    else if (content !== null) judged.push({ facts, content, fates });
  }
  return judged;
}

/** Null when it does not open under any of the keys; it stays, until the key is found. */
function open(sealer: Sealer, id: string, sealed: Buffer): Buffer | null {
  try {
    return openContent(sealer, id, sealed);
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}
