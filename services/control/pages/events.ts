import { adviceForReason } from '#core/dead-letter/advice.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { formatCount, plural } from '#core/text/format.ts';
import type { UnreadablePage } from '#store/dead-letters/pages/reader.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { selectionBar, selectionBox } from './dead-letters/selection.ts';
import {
  ago,
  commandLine,
  type FilterText,
  filterBox,
  shortPixel,
  timeToHorizon,
} from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';

/** The orders of the list. */
export const EVENT_ORDERS = ['newest', 'oldest', 'expires'] as const;
export type EventOrder = (typeof EVENT_ORDERS)[number];

/** A page of the list of dead letters. */
export interface EventList {
  readonly letters: readonly DeadLetterFacts[];
  readonly order: EventOrder;
  /** The end of the previous page; null on the first one. */
  readonly cursor: string | null;
  /** The end of this page; null on the last one. */
  readonly next: string | null;
  /** Of how many of the newest these are, where not all that match were read. */
  readonly ofNewest: number | null;
  /** Stored pages that could not be read; their events are missing here. */
  readonly unreadable: readonly UnreadablePage[];
}

const REFRESH_S = 10;

type Viewer = Pick<Visit, 'now' | 'mayAct' | 'names'>;

export function eventsPage(list: EventList, filter: FilterText, visit: Viewer): Page {
  const { letters, order, cursor, ofNewest, unreadable } = list;
  const { where } = filter;
  return {
    title: 'Dead letters',
    // A page that was turned stays as it is, and what was filtered takes longer to read.
    ...(where === '' && cursor === null ? { refreshS: REFRESH_S, hasForm: true } : {}),
    body: html`<h1>Dead letters, one by one</h1>
<p class="lead">${LEADS[order]} <a href="${PATHS.groups(where)}">Group by cause</a></p>
${filterBox(PATHS.events(), filter)}
${ofNewest !== null && html`<p class="todo">Sorted are the newest ${formatCount(ofNewest)} that match: narrow the filter to sort others.</p>`}
${unreadable.length > 0 && html`<p class="todo">${plural(unreadable.length, 'page')} of dead letters cannot be read; their events are missing here: ${unreadable.map(({ name, why }) => `${name}: ${why}`).join('; ')}.</p>`}
${commonAdvice(letters)}
${letters.length === 0 ? emptyList(cursor) : table(list, where, visit)}
${links(list, where, visit.mayAct)}
${commandLine(COMMANDS.list(where))}`,
  };
}

const LEADS: Readonly<Record<EventOrder, string>> = {
  newest: 'Newest first.',
  oldest: 'Oldest first.',
  expires: 'Those that expire first come first.',
};

/** What to do, where all of them died of the same reason. */
function commonAdvice(letters: readonly DeadLetterFacts[]): Part {
  const [first, ...others] = letters;
  if (first === undefined || others.some(({ reason }) => reason !== first.reason)) return false;
  const { title, todo } = adviceForReason(first.reason);
  return html`<p class="todo"><strong>${title}.</strong> ${todo}</p>`;
}

function emptyList(cursor: string | null): Html {
  const words = cursor === null ? 'No dead letter matches.' : 'No older dead letters.';
  return html`<div class="empty"><p>${words}</p></div>`;
}

function links({ letters, order, cursor, next }: EventList, where: string, mayAct: boolean): Html {
  const sort = order === 'newest' ? null : order;
  const first = order === 'newest' ? 'Newest' : 'First';
  const more = order === 'newest' ? 'Older' : 'More';
  return html`<nav class="links" aria-label="Pagination and actions">${cursor !== null && html`<a href="${PATHS.events(where, { cursor: null, sort })}">${first}</a>`}${next !== null && html`<a href="${PATHS.events(where, { cursor: next, sort })}" rel="next">${more}</a>`}${mayAct && letters.length > 0 && html`<a href="${PATHS.newReplay(where)}">Plan a replay of all these</a>`}</nav>`;
}

function table({ letters, order }: EventList, where: string, visit: Viewer): Html {
  return html`<form method="get" action="${PATHS.selected('show')}" class="selecting"><input type="hidden" name="where" value="">
${selectionBar('events', visit.mayAct)}
<table class="stack events">
<thead><tr><th scope="col"><span class="hidden">Selected</span></th><th scope="col">Event</th><th scope="col">Reason</th><th scope="col">Pixel</th>${heading('Died', order === 'newest' ? 'oldest' : 'newest', order, where)}${heading('Expires', 'expires', order, where)}</tr></thead>
<tbody>${letters.map((letter) => row(letter, visit))}</tbody>
</table></form>`;
}

/** A column that the list can be sorted by. */
function heading(title: string, to: EventOrder, order: EventOrder, where: string): Html {
  const isSorted = (title === 'Expires') === (order === 'expires');
  const sorted = order === 'newest' ? 'descending' : 'ascending';
  const sort = to === 'newest' ? null : to;
  return html`<th scope="col"${isSorted && html` aria-sort="${sorted}"`}><a href="${PATHS.events(where, { cursor: null, sort })}">${title}</a></th>`;
}

function row(letter: DeadLetterFacts, { now, names }: Viewer): Html {
  const { id, eventName, reason, refusal, message, pixelId, diedAt, horizon } = letter;
  const name = eventName ?? 'unread message';
  return html`<tr><td class="pick">${selectionBox('id', id, `${name}, ${id}`)}</td>
<th scope="row"><a href="${PATHS.event(id)}">${name}</a></th>
<td class="wide">${adviceForReason(reason).title}<p class="said">${refusal?.message ?? message}</p></td>
<td data-label="Pixel">${pixelId === null ? 'none' : shortPixel(pixelId, names)}</td>
<td data-label="Died" class="nowrap">${ago(diedAt, now)}</td>
<td data-label="Expires" class="nowrap">${timeToHorizon(horizon, now)}</td></tr>
`;
}
