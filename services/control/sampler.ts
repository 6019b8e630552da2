import { readLaneDepths } from '#store/status/depth.ts';
import { readLedgers } from '#store/status/ledger.ts';
import type { Store } from '#store/store.ts';
import { SAMPLE_MS, type Sample, type SampleHistory } from './history.ts';

interface SamplerDeps {
  readonly store: Store;
  readonly history: SampleHistory;
  readonly lag: () => number | null;
}

/** Samples the fleet until it is told to end; what fails leaves a gap. */
export function startSampler(deps: SamplerDeps): () => void {
  let busy = false;
  const take = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    await sample(deps, Date.now())
      .then((taken) => deps.history.add(taken))
      .catch(() => {});
    busy = false;
  };
  const timer = setInterval(() => void take(), SAMPLE_MS);
  deps.store.redis.once('ready', () => void take());
  return () => clearInterval(timer);
}

/** Reads the lanes of those pixels alone that have events waiting: most may have none. */
async function sample({ store, lag }: SamplerDeps, at: number): Promise<Sample> {
  const ledgers = [...(await readLedgers(store))];
  const waiting = ledgers.flatMap(([pixelId, { queued }]) => (queued > 0 ? [pixelId] : []));
  const depths = [...(await readLaneDepths(store, waiting)).values()];
  const total = (of: 'consumed' | 'delivered' | 'dead' | 'purged' | 'queued'): number =>
    ledgers.reduce((sum, [, ledger]) => sum + ledger[of], 0);
  const oldest = depths.reduce((first, { oldestAt }) => Math.min(first, oldestAt ?? at), at);
  return {
    at,
    consumed: total('consumed'),
    delivered: total('delivered'),
    died: total('dead') + total('purged'),
    queued: total('queued'),
    oldestMs: at - oldest,
    lag: lag(),
  };
}
