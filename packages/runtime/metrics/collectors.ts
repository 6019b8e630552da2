import type { Metrics } from './registry.ts';

/** A source of metrics that has to be asked, and that may be slow or down. */
export interface Collector {
  readonly name: string;
  readonly collect: () => Promise<void>;
}

const DEADLINE_MS = 2000;
const FRESH_MS = 1000;

/**
 * Asks every collector before a page is written. None of them can fail or hold the page: what does
 * not answer in time keeps its last values and shows in `capi_collector_success`. Several pages at
 * once ask once.
 *
 * @returns the page
 */
export function createPage(
  metrics: Metrics,
  collectors: readonly Collector[],
): () => Promise<string> {
  const refreshers = collectors.map((collector) => createRefresher(metrics, collector));
  return async () => {
    await Promise.all(refreshers.map((refresh) => refresh()));
    return metrics.page();
  };
}

function createRefresher(metrics: Metrics, collector: Collector): () => Promise<void> {
  let running: Promise<void> | null = null;
  let refreshedAt = 0;
  const succeed = (value: 0 | 1) =>
    metrics.collectorSuccess.set({ collector: collector.name }, value);
  return async () => {
    if (Date.now() - refreshedAt < FRESH_MS) return;
    running ??= Promise.resolve()
      .then(() => collector.collect())
      .then(
        () => {
          refreshedAt = Date.now();
          succeed(1);
        },
        () => succeed(0),
      )
      .finally(() => {
        running = null;
      });
    const late = await Promise.race([running.then(() => false), afterDeadline()]);
    if (late) succeed(0);
  };
}

function afterDeadline(): Promise<true> {
  return new Promise((resolve) => setTimeout(resolve, DEADLINE_MS, true).unref());
}
