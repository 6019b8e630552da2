import { formatAge } from '#core/text/format.ts';
import type { LaneReading, PixelReading } from '#store/status/fleet.ts';
import { type Html, html } from '../html.ts';
import { ago, figure } from './figures.ts';

const KINDS: Readonly<Record<LaneReading['state'], string>> = {
  active: 'good',
  throttled: 'warn',
  blocked: 'bad',
  failing: 'bad',
};

/** Whether the events of each pixel flow, and how many wait. */
export function lanes(pixels: readonly PixelReading[], now: number): Html {
  return html`<section aria-labelledby="lanes"><h2 id="lanes">Lanes</h2>
<table class="stack figures">
<thead><tr><th scope="col">Pixel</th><th scope="col">State</th><th scope="col" class="n">Events in flight</th><th scope="col" class="n">Waiting</th><th scope="col" class="n">Held</th><th scope="col" class="n">Later</th><th scope="col" class="n">Oldest waiting</th></tr></thead>
<tbody>${pixels.map((pixel) => row(pixel, now))}</tbody>
</table>
<p class="hint">Waiting, held and later count envelopes, which hold many events each: waiting for a worker, held by one, and resting before the next attempt.</p></section>`;
}

function row(pixel: PixelReading, now: number): Html {
  const { pixelId, ledger, waiting, active, delayed, oldestAt } = pixel;
  return html`<tr><th scope="row"><span class="id">${pixelId}</span></th>
<td data-label="State">${state(pixel.lane, now)}</td>
<td class="n" data-label="Events in flight">${figure(ledger.queued)}</td>
<td class="n" data-label="Waiting">${figure(waiting)}</td>
<td class="n" data-label="Held">${figure(active)}</td>
<td class="n" data-label="Later">${figure(delayed)}</td>
<td class="n" data-label="Oldest waiting">${oldestAt === null ? html`<span class="zero">–</span>` : ago(oldestAt, now)}</td></tr>
`;
}

function state({ state, why, until }: LaneReading, now: number): Html {
  const left = until === null ? null : until - now;
  const when = left === null ? '' : left > 0 ? `probed in ${formatAge(left)}` : 'being probed';
  const words = [sentence(why), when].filter((each) => each !== '').join('; ');
  return html`<span class="state ${KINDS[state]}">${state}</span>${words !== '' && html` <span class="muted">${words}</span>`}`;
}

/** Meta ends some of its words with a full stop, others not. */
export function sentence(words: string | null): string {
  return (words ?? '').replace(/(?<![.\s])[.\s]+$/, '');
}
