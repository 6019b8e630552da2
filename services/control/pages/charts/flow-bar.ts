import type { Ledger } from '#store/status/ledger.ts';
import { type Html, html } from '../../html.ts';

const BAR_WIDTH = 160;

/** The parts of a bar, in their order, and what each is called. */
export const FLOW_PARTS = {
  delivered: 'delivered',
  queued: 'in flight',
  parked: 'parked',
  filtered: 'filtered',
  dead: 'dead',
} as const satisfies Partial<Record<keyof Ledger, string>>;

const NAMES = Object.keys(FLOW_PARTS) as (keyof typeof FLOW_PARTS)[];

/** The narrowest part that is still visible. */
const MIN_PART_WIDTH = 2;

/** The outcomes of a pixel's events, as parts of a bar. */
export function flowBar(ledger: Ledger): Html {
  const parts = NAMES.map((name) => ({ name, events: ledger[name] })).filter(
    ({ events }) => events > 0,
  );
  const all = parts.reduce((sum, { events }) => sum + events, 0);
  const free = Math.max(BAR_WIDTH - MIN_PART_WIDTH * parts.length, 0);
  let x = 0;
  const boxes = parts.map(({ name, events }) => {
    const width = (events / all) * free + MIN_PART_WIDTH;
    const box = html`<rect class="${name}" x="${x.toFixed(1)}" width="${width.toFixed(1)}" height="4"/>`;
    x += width;
    return box;
  });
  const words = parts.map(({ name, events }) => `${name} ${((events / all) * 100).toFixed(1)} %`);
  return html`<svg class="flow" viewBox="0 0 ${BAR_WIDTH} 4" preserveAspectRatio="none" role="img" aria-label="${words.join(', ') || 'no events yet'}">${boxes}</svg>`;
}

/** What the colours of the bars mean. */
export function flowLegend(parts: Readonly<Record<string, string>>): Html {
  return html`<p class="legend"><span class="muted">Bars:</span>${Object.entries(parts).map(([name, words]) => html`<span><svg class="flow" viewBox="0 0 4 4" aria-hidden="true"><rect class="${name}" width="4" height="4"/></svg>${words}</span>`)}</p>`;
}
