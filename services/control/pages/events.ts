import { adviceForReason } from '#core/dead-letter/advice.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { plural } from '#core/text/format.ts';
import type { UnreadablePage } from '#store/dead-letters/pages/reader.ts';
import { type Html, html } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import {
  ago,
  commandLine,
  type FilterText,
  filterBox,
  pixelOf,
  timeToHorizon,
} from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';

/** A page of the list of dead letters, the newest first. */
export interface EventList {
  readonly letters: readonly DeadLetterFacts[];
  /** The end of the previous page; null on the first one. */
  readonly cursor: string | null;
  /** The end of this page; null on the last one. */
  readonly next: string | null;
  /** Stored pages that could not be read; their events are missing here. */
  readonly unreadable: readonly UnreadablePage[];
}

export function eventsPage(
  { letters, cursor, next, unreadable }: EventList,
  filter: FilterText,
  { now, mayAct, names }: Pick<Visit, 'now' | 'mayAct' | 'names'>,
): Page {
  const { where } = filter;
  return {
    title: 'Dead letters',
    body: html`<h1>Dead letters, one by one</h1>
<p class="lead">Newest first. <a href="${PATHS.groups(where)}">Group by cause</a></p>
${filterBox(PATHS.events(), filter)}
${unreadable.length > 0 && html`<p class="todo">${plural(unreadable.length, 'page')} of dead letters cannot be read; their events are missing here: ${unreadable.map(({ name, why }) => `${name}: ${why}`).join('; ')}.</p>`}
${letters.length === 0 ? emptyList(cursor) : list(letters, now, names)}
<nav class="links" aria-label="Pagination and actions">${cursor !== null && html`<a href="${PATHS.events(where)}">Newest</a>`}${next !== null && html`<a href="${PATHS.events(where, next)}" rel="next">Older</a>`}${mayAct && letters.length > 0 && html`<a href="${PATHS.newReplay(where)}">Plan a replay of all these</a>`}</nav>
${commandLine(COMMANDS.list(where))}`,
  };
}

function emptyList(cursor: string | null): Html {
  const words = cursor === null ? 'No dead letter matches.' : 'No older dead letters.';
  return html`<div class="empty"><p>${words}</p></div>`;
}

function list(letters: readonly DeadLetterFacts[], now: number, names: Visit['names']): Html {
  return html`<table class="stack">
<thead><tr><th scope="col">Event</th><th scope="col">Reason</th><th scope="col">Pixel</th><th scope="col">Died</th><th scope="col">Expires</th></tr></thead>
<tbody>${letters.map((letter) => row(letter, now, names))}</tbody>
</table>`;
}

function row(letter: DeadLetterFacts, now: number, names: Visit['names']): Html {
  const { id, eventName, reason, refusal, message, pixelId, diedAt, horizon } = letter;
  return html`<tr><th scope="row"><a href="${PATHS.event(id)}">${eventName ?? 'unread message'}</a></th>
<td class="wide">${adviceForReason(reason).title}<p class="said">${refusal?.message ?? message}</p></td>
<td data-label="Pixel">${pixelId === null ? 'none' : pixelOf(pixelId, names)}</td>
<td data-label="Died" class="nowrap">${ago(diedAt, now)}</td>
<td data-label="Expires" class="nowrap">${timeToHorizon(horizon, now)}</td></tr>
`;
}
