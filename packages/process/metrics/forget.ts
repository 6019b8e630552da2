import type { Gauge } from 'prom-client';
import { type Declaration, METRICS } from './declarations.ts';
import type { Metrics } from './registry.ts';

/**
 * Removes the gauges of pixels that are configured no more: what they say would stay as it was for
 * ever. Counters and histograms stay, because what they counted did happen.
 */
export async function forgetPixels(metrics: Metrics, leaving: ReadonlySet<string>): Promise<void> {
  if (leaving.size === 0) return;
  for (const [key, { kind, labels }] of Object.entries<Declaration>(METRICS)) {
    if (kind !== 'gauge' || !('pixel' in labels)) continue;
    const gauge = metrics[key as keyof typeof METRICS] as Gauge;
    const { values } = await gauge.get();
    for (const { labels: its } of values) {
      if (leaving.has(String(its['pixel']))) gauge.remove(its);
    }
  }
}
