import type { Ledger } from '#store/status/ledger.ts';
import { type Html, html } from '../html.ts';

const WIDTH = 160;
const PARTS = ['delivered', 'queued', 'filtered', 'dead'] as const;

/** The narrowest part that can still be seen. */
const NARROWEST = 2;

/** What became of the events of a pixel, as shares of a line. */
export function flowBar(ledger: Ledger): Html {
  const parts = PARTS.map((name) => ({ name, events: ledger[name] })).filter(
    ({ events }) => events > 0,
  );
  const all = parts.reduce((sum, { events }) => sum + events, 0);
  let x = 0;
  const boxes = parts.map(({ name, events }) => {
    const share = Math.max((events / all) * (WIDTH - NARROWEST * parts.length), 0) + NARROWEST;
    const box = html`<rect class="${name}" x="${x.toFixed(1)}" width="${share.toFixed(1)}" height="4"/>`;
    x += share;
    return box;
  });
  const words = parts.map(({ name, events }) => `${name} ${((events / all) * 100).toFixed(1)} %`);
  return html`<svg class="flow" viewBox="0 0 ${WIDTH} 4" preserveAspectRatio="none" role="img" aria-label="${words.join(', ') || 'nothing yet'}">${boxes}</svg>`;
}
