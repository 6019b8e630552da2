import type { ProcessMetrics } from './registry.ts';

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
  metrics: ProcessMetrics,
  collectors: readonly Collector[],
): () => Promise<string> {
  const refreshers = collectors.map((collector) => createRefresher(metrics, collector));
  return async () => {
    await Promise.all(refreshers.map((refresh) => refresh()));
    return metrics.page();
  };
}

function createRefresher(metrics: ProcessMetrics, collector: Collector): () => Promise<void> {
  let running: Promise<void> | null = null;
  let refreshedAt = 0;
  let startedAt = 0;
  const end = (success: 0 | 1) => {
    const labels = { collector: collector.name };
    metrics.collectorSuccess.set(labels, success);
    metrics.collectorDuration.set(labels, (performance.now() - startedAt) / 1000);
  };
  return async () => {
    if (Date.now() - refreshedAt < FRESH_MS) return;
    running ??= Promise.resolve()
      .then(() => {
        startedAt = performance.now();
        return collector.collect();
      })
      .then(
        () => {
          refreshedAt = Date.now();
          end(1);
        },
        () => end(0),
      )
      .finally(() => {
        running = null;
      });
    const late = await Promise.race([running.then(() => false), afterDeadline()]);
    if (late) end(0);
  };
}

function afterDeadline(): Promise<true> {
  return new Promise((resolve) => setTimeout(resolve, DEADLINE_MS, true).unref());
}
