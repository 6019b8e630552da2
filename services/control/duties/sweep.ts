import type { Logger } from '#process/logger.ts';
import type { OrphanStore } from '#store/delivery/orphans.ts';
import type { Orphan } from '#store/lua/orphans.ts';
import type { ControlMetrics } from '../metrics.ts';

interface SweepOptions {
  readonly store: OrphanStore;
  /** Between two looks, and how long something must be wrong before it is touched, in ms. */
  readonly everyMs: number;
  /** Told what was wrong with an envelope, and was set right. */
  readonly onHealed: (pixel: string, envelope: string, kind: Orphan, events: number) => void;
}

/**
 * Looks for envelopes that are in Redis only in part, and sets right what stays so. What is sound
 * costs one short script for a hundred pixels; and one pixel a look, in turn, is read through,
 * whatever its counts say.
 */
export class Sweep {
  /** Pixel → envelope → when it was first found wrong. */
  private seen: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map();
  private turn = 0;
  private readonly options: SweepOptions;

  constructor(options: SweepOptions) {
    this.options = options;
  }

  /** @param now monotonic, in ms */
  async look(now: number): Promise<void> {
    const { store } = this.options;
    const before = this.seen;
    const seen = new Map<string, ReadonlyMap<string, number>>();
    this.seen = seen;
    const pixels = (await store.pixels()).sort();
    const next = pixels.slice(this.turn % pixels.length, (this.turn % pixels.length) + 1);
    this.turn += 1;
    for (const pixelId of new Set([...(await store.uneven(pixels)), ...before.keys(), ...next])) {
      const wrong = await this.lookAt(pixelId, before.get(pixelId), now);
      if (wrong.size > 0) seen.set(pixelId, wrong);
    }
  }

  /** Sets right what has been wrong for long enough; resolves to what is wrong since when. */
  private async lookAt(
    pixelId: string,
    before: ReadonlyMap<string, number> | undefined,
    now: number,
  ): Promise<Map<string, number>> {
    const { store, everyMs, onHealed } = this.options;
    const wrong = new Map<string, number>();
    for (const id of await store.find(pixelId)) {
      const since = before?.get(id) ?? now;
      if (now - since < everyMs) {
        wrong.set(id, since);
        continue;
      }
      const { kind, events } = await store.heal(pixelId, id);
      if (kind !== 'sound') onHealed(pixelId, id, kind, events);
    }
    return wrong;
  }
}

/** Counts envelopes that were in Redis only in part, and names each of them in the log. */
export function createOrphanLog(
  metrics: Pick<ControlMetrics, 'queueOrphans'>,
  logger: Logger,
): SweepOptions['onHealed'] {
  return (pixel, envelope, kind, events) => {
    metrics.queueOrphans.inc({ pixel, kind });
    const level = kind === 'lost' ? 'error' : 'warn';
    logger[level](
      { pixel, envelope, kind, events },
      'an envelope was in Redis only in part, and was set right',
    );
  };
}
