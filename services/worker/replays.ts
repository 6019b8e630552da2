import type { Configuration } from '#config/configuration.ts';
import type { Logger } from '#process/logger.ts';
import type { ServiceLog } from '#process/service-log.ts';
import { isFree, LockError, ownerName } from '#store/dead-letters/lock.ts';
import { carryOn } from '#store/dead-letters/replay/runner.ts';
import type { Replay } from '#store/dead-letters/replay/state.ts';
import { readDetached, readLockOwner } from '#store/dead-letters/replay/store.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import { thisPerson } from '#store/status/audit.ts';
import type { Store } from '#store/store.ts';

export interface ReplayKeeperOptions {
  /** On a connection of its own: what a replay reads is large. */
  readonly store: Store;
  readonly work: RedisWork;
  readonly configuration: () => Configuration;
  readonly logger: Logger;
  readonly log: Pick<ServiceLog, 'failed'>;
}

const LOOK_MS = 1000;
/** So long after its last failure a replay counts as failing, in ms. */
const FAIL_MS = 10_000;

/**
 * Carries on the replays that nobody waits for: those that were detached. One worker at a time does;
 * when it ends, another one goes on where it stopped.
 *
 * @returns what ends it: resolves between two steps
 */
export function keepReplays(options: ReplayKeeperOptions): () => Promise<void> {
  const { log, work } = options;
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await work
        .attempt('replays', () => look(options, stopping.signal))
        .catch((error: unknown) => log.failed('a replay cannot be carried on now', error));
      await rest(stopping.signal);
    }
  })();
  return async () => {
    stopping.abort();
    await running;
  };
}

async function look(options: ReplayKeeperOptions, signal: AbortSignal): Promise<void> {
  const { store, log, work } = options;
  for (const id of (await readDetached(store)).sort()) {
    if (signal.aborted || !isFree(await readLockOwner(store))) return;
    // What is wrong with one must not keep those behind it from their turn.
    const halted = await carryOneOn(id, options, signal).then(
      () => {
        work.succeeded('replays', id);
        return true;
      },
      (error: unknown) => {
        // That another is at work is no fault; and another worker may carry it on the next time.
        if (!(error instanceof LockError))
          work.failed('replays', error, { of: id, forMs: FAIL_MS });
        log.failed('a replay cannot be carried on now', error, { replay: id });
        return false;
      },
    );
    if (halted) return;
  }
}

async function carryOneOn(
  id: string,
  { store, configuration, logger }: ReplayKeeperOptions,
  signal: AbortSignal,
): Promise<void> {
  logger.info({ replay: id }, 'carrying a replay on');
  const by = `worker ${thisPerson()}`;
  const owner = ownerName('worker');
  const rooms = { store, configuration, owner, by, signal, onProgress: () => {} };
  const replay = await carryOn(id, { ...rooms, onStopping: 'leave' });
  logger.info(
    told(replay),
    signal.aborted ? 'the replay goes on elsewhere' : 'the replay has halted',
  );
}

function told({ spec, state, why, queued, delivered, died }: Replay): object {
  return { replay: spec.id, state, why, queued, delivered, died };
}

function rest(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, LOOK_MS);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
