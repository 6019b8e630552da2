import { withoutFullStop } from '#core/delivery/halt.ts';
import { formatAge, formatCount, plural } from '#core/text/format.ts';
import type { LaneStatus, PixelStatus } from '#store/status/fleet.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page } from '../layout.ts';
import { ago, commandLine, countCell, mutedName } from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';

/** How the state of a lane is shown. */
export const SHOWN_STATES = {
  active: { kind: 'good', words: 'active' },
  throttled: { kind: 'warn', words: 'throttled by Meta' },
  blocked: { kind: 'bad', words: 'blocked by Meta' },
  failing: { kind: 'bad', words: 'failing' },
  paused: { kind: 'warn', words: 'paused' },
} as const satisfies Record<LaneStatus['state'], unknown>;

/** Rows of a page of pixels. */
export const PIXELS_PER_PAGE = 25;

/** The rows of a page. */
export function partOf<T>(rows: readonly T[], page: number): readonly T[] {
  return rows.slice((page - 1) * PIXELS_PER_PAGE, page * PIXELS_PER_PAGE);
}

/** Links to the pages before and after; nothing where all rows are on one page. */
export function pixelPages(all: number, page: number, pathOf: (page: number) => string): Part {
  const last = Math.ceil(all / PIXELS_PER_PAGE);
  if (last <= 1) return false;
  return html`<nav class="links" aria-label="Pagination"><span class="muted">${plural(all, 'pixel')}, page ${formatCount(page)} of ${formatCount(last)}</span>${page > 1 && html`<a href="${pathOf(Math.min(page - 1, last))}" rel="prev">Earlier pixels</a>`}${page < last && html`<a href="${pathOf(page + 1)}" rel="next">Later pixels</a>`}</nav>`;
}

/** What is asked for: a part of the name or ID of a pixel, and a state. */
export interface LanesRequest {
  readonly find: string;
  readonly state: string;
  readonly page: number;
}

const REFRESH_S = 5;

/** The lanes of all pixels, those that are halted first. */
export function lanesPage(
  pixels: readonly PixelStatus[],
  { find, state, page }: LanesRequest,
  now: number,
): Page {
  const words = find.trim().toLowerCase();
  const named = pixels.filter(({ pixelId, name = '' }) =>
    [pixelId, name.toLowerCase()].some((text) => text.includes(words)),
  );
  const found = named.filter(({ lane }) => state === '' || lane.state === state);
  const sorted = found.toSorted((a, b) => urgency(a) - urgency(b));
  return {
    title: 'Lanes',
    refreshS: REFRESH_S,
    hasForm: true,
    body: html`<h1>Lanes</h1>
<p class="lead">The lane of a pixel is its queue, and the state that all workers share. Events wait in a lane that is halted.</p>
<form class="filter" method="get" action="/lanes" role="search"><label for="find">Pixel</label>
<div class="row"><input id="find" name="find" value="${find}" spellcheck="false" autocomplete="off" placeholder="a part of a name or an ID">${state !== '' && html`<input type="hidden" name="state" value="${state}">`}<button type="submit">Show</button>${(find !== '' || state !== '') && html`<a class="button" href="${PATHS.lanes()}">Clear</a>`}</div></form>
${stateLinks(named, find, state)}
${found.length === 0 ? html`<div class="empty"><p>No lane matches.</p></div>` : laneTable(partOf(sorted, page), now)}
${pixelPages(found.length, page, (to) => PATHS.lanes(find, state, to))}
${commandLine(COMMANDS.lanes)}`,
  };
}

function urgency({ lane, ledger, configured }: PixelStatus): number {
  const states = ['blocked', 'failing', 'paused', 'throttled', 'active'];
  return states.indexOf(lane.state) * 4 + (ledger.queued > 0 ? 0 : 2) + (configured ? 0 : 1);
}

function stateLinks(pixels: readonly PixelStatus[], find: string, state: string): Html {
  const counts = new Map<string, number>();
  for (const { lane } of pixels) counts.set(lane.state, (counts.get(lane.state) ?? 0) + 1);
  const links = [...counts].map(([each, n]) => {
    const isChosen = each === state;
    const path = PATHS.lanes(find, isChosen ? '' : each);
    return html`<li><a href="${path}"${isChosen && html` aria-current="true"`}>${each} <span class="n">${formatCount(n)}</span>${isChosen && html`<span aria-hidden="true"> ×</span>`}</a></li>`;
  });
  return html`<nav class="facets" aria-label="States"><div><h2>State</h2><ul>${links}</ul></div></nav>`;
}

/** The state of each pixel's lane, and what waits in it. */
export function laneTable(pixels: readonly PixelStatus[], now: number): Html {
  return html`<table class="stack figures lanes">
<thead><tr><th scope="col">Pixel</th><th scope="col">State</th><th scope="col" class="n">Events in flight</th><th scope="col" class="n">Waiting</th><th scope="col" class="n">Active</th><th scope="col" class="n">Delayed</th><th scope="col" class="n">Oldest waiting</th></tr></thead>
<tbody>${pixels.map((pixel) => laneRow(pixel, now))}</tbody>
</table>
<p class="hint">Waiting, active and delayed count envelopes, which hold many events each: those that wait for a worker, those that a worker holds, and those that wait for their next attempt.</p>`;
}

function laneRow(pixel: PixelStatus, now: number): Html {
  const { pixelId, ledger, waiting, active, delayed, oldestAt } = pixel;
  return html`<tr><th scope="row"><a class="id" href="${PATHS.lane(pixelId)}">${pixelId}</a>${mutedName(pixel)}</th>
<td data-label="State">${laneState(pixel.lane, now)}</td>
<td class="n" data-label="Events in flight">${countCell(ledger.queued)}</td>
<td class="n" data-label="Waiting">${countCell(waiting)}</td>
<td class="n" data-label="Active">${countCell(active)}</td>
<td class="n" data-label="Delayed">${countCell(delayed)}</td>
<td class="n" data-label="Oldest waiting">${oldestAt === null ? html`<span class="zero">–</span>` : ago(oldestAt, now)}</td></tr>
`;
}

function laneState({ state, why, until }: LaneStatus, now: number): Html {
  const left = until === null ? null : until - now;
  const when = left === null ? '' : left > 0 ? `next probe in ${formatAge(left)}` : 'being probed';
  const words = [withoutFullStop(why ?? ''), when].filter((each) => each !== '').join('; ');
  return html`<span class="state ${SHOWN_STATES[state].kind}">${state}</span>${words !== '' && html` <span class="muted">${words}</span>`}`;
}
