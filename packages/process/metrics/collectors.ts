import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessMetrics } from './registry.ts';

/** A source of metrics that is queried for each page, and that may be slow or down. */
export interface Collector {
  readonly name: string;
  readonly collect: () => Promise<void>;
}

const DEADLINE_MS = 2000;
const FRESH_MS = 1000;

/**
 * Queries every collector before a page is written. None of them can fail or delay the page: one that
 * does not answer in time keeps its last values and shows in `capi_collector_success`. Concurrent
 * pages share one query.
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
  const refresh = async (): Promise<void> => {
    startedAt = performance.now();
    try {
      await collector.collect();
      refreshedAt = Date.now();
      end(1);
    } catch {
      end(0);
    }
  };
  return async () => {
    if (Date.now() - refreshedAt < FRESH_MS) return;
    running ??= refresh().finally(() => {
      running = null;
    });
    const late = await Promise.race([
      running.then(() => false),
      sleep(DEADLINE_MS, true, { ref: false }),
    ]);
    if (late) end(0);
  };
}
