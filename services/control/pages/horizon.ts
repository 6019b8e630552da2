import { formatDuration, isoTime } from '#core/text/format.ts';
import { type Html, html } from '../html.ts';

const SOON_MS = 24 * 3_600_000;

/** How long an event can still be sent; `horizon` in Unix seconds, `now` in Unix ms. */
export function timeToHorizon(horizon: number | null, now: number): Html {
  const iso = horizon === null ? null : isoTime(horizon * 1000);
  if (horizon === null || iso === null) return html`<span class="muted">not known</span>`;
  const left = horizon * 1000 - now;
  if (left <= 0) return html`<time class="muted" datetime="${iso}" title="${iso}">expired</time>`;
  return html`<time${left < SOON_MS && html` class="urgent"`} datetime="${iso}" title="${iso}">in ${formatDuration(left)}</time>`;
}
