import type { Configuration } from '#config/configuration.ts';
import type { Logger } from '#process/logger.ts';
import type { ServiceLog } from '#process/service-log.ts';
import { readAwaiting, resumeAwaiting } from '#store/dead-letters/replay/awaiting.ts';
import { heldOf } from '#store/dead-letters/replay/held.ts';
import { runReplay } from '#store/dead-letters/replay/runner.ts';
import { readDetached } from '#store/dead-letters/replay/store.ts';
import { isLockFree, LockError } from '#store/locks.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import { currentActor } from '#store/status/audit.ts';
import type { SealedStore } from '#store/store.ts';

export interface ReplayKeeperOptions {
  /** On a connection of its own: what a replay reads is large. */
  readonly store: SealedStore;
  /** The name under which this process does the duties. */
  readonly owner: string;
  readonly work: RedisWork;
  readonly configuration: () => Configuration;
  readonly logger: Logger;
  readonly log: Pick<ServiceLog, 'failed'>;
}

/** A replay counts as failing for this long after its last failure, in ms. */
const FAIL_MS = 10_000;

/**
 * Carries detached replays on, the oldest first, until one of them halts. Resolves between two steps
 * when the term ends: the next process goes on where this one stopped.
 */
export async function carryReplaysOn(
  options: ReplayKeeperOptions,
  term: AbortSignal,
): Promise<void> {
  const { log, work } = options;
  await work
    .attempt('replays', () => carryNextOn(options, term))
    .catch((error: unknown) => log.failed('a replay cannot be carried on now', error));
}

async function carryNextOn(options: ReplayKeeperOptions, term: AbortSignal): Promise<void> {
  const { store, log, work } = options;
  const attempt = async (id: string, step: () => Promise<void>): Promise<boolean> => {
    try {
      await step();
      work.succeeded('replays', id);
      return true;
    } catch (error) {
      // What is wrong with one must not keep those behind it from their turn. That another is at work
      // is no fault.
      if (!(error instanceof LockError)) work.failed('replays', error, { of: id, forMs: FAIL_MS });
      log.failed('a replay cannot be carried on now', error, { replay: id });
      return false;
    }
  };
  for (const id of await readAwaiting(store)) {
    await attempt(id, () => resumeAwaiting(store, id, actor()));
  }
  for (const id of (await readDetached(store)).sort()) {
    if (term.aborted || !(await isLockFree(store))) return;
    if (await attempt(id, () => carryOneOn(id, options, term))) return;
  }
}

function actor(): string {
  return `control ${currentActor()}`;
}

async function carryOneOn(
  id: string,
  { store, configuration, logger, owner }: ReplayKeeperOptions,
  signal: AbortSignal,
): Promise<void> {
  logger.info({ replay: id }, 'carrying a replay on');
  const replay = await runReplay(id, {
    store,
    configuration,
    owner,
    by: actor(),
    signal,
    onStopping: 'leave',
    onProgress: () => {},
  });
  const { spec, state, why, queued, delivered, died } = replay;
  const held = heldOf(replay).map(({ pixelId }) => pixelId);
  logger.info(
    { replay: spec.id, state, why, queued, delivered, died, held },
    signal.aborted ? 'the replay goes on elsewhere' : 'the replay has halted',
  );
}
