import type { Orphan, OrphanStore } from '#store/delivery/orphans.ts';

/** Told what was wrong with an envelope, and was set right. */
export interface SweepObserver {
  healed(pixelId: string, envelopeId: string, kind: Orphan, events: number): void;
}

export interface SweepOptions {
  readonly store: OrphanStore;
  /** A name that no other worker has. */
  readonly owner: string;
  /** Between two looks, and how long something must be wrong before it is touched, in ms. */
  readonly everyMs: number;
  readonly observer: SweepObserver;
}

/** A worker that looks keeps that for so many looks; then another one may. */
const LOCK_LOOKS = 3;

/**
 * Looks for envelopes that are in Redis only in part, one worker of the fleet at a time, and sets
 * right what stays so. What is sound costs one short script for a hundred pixels; and one pixel a
 * look, in turn, is read through, whatever its counts say.
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
    const { store, owner, everyMs } = this.options;
    const before = this.seen;
    const seen = new Map<string, ReadonlyMap<string, number>>();
    this.seen = seen;
    if (!(await store.lock(owner, everyMs * LOCK_LOOKS))) return;
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
    const wrong = new Map<string, number>();
    for (const id of await this.options.store.find(pixelId)) {
      const since = before?.get(id) ?? now;
      if (now - since < this.options.everyMs) wrong.set(id, since);
      else await this.heal(pixelId, id);
    }
    return wrong;
  }

  private async heal(pixelId: string, id: string): Promise<void> {
    const { kind, events } = await this.options.store.heal(pixelId, id);
    if (kind !== 'sound') this.options.observer.healed(pixelId, id, kind, events);
  }
}

/**
 * Looks again and again.
 * @returns what ends it: resolves between two looks
 */
export function keepSweeping(options: SweepOptions): () => Promise<void> {
  const sweep = new Sweep(options);
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      await rest(options.everyMs, signal);
      if (signal.aborted) return;
      // What Redis refuses is noted where it was asked, and asked again at the next look.
      await sweep.look(performance.now()).catch(() => undefined);
    }
  })();
  return () => {
    stopping.abort();
    return running;
  };
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
