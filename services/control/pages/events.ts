import { adviceFor } from '#core/dead-letter/advice.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { plural } from '#core/text/format.ts';
import type { UnreadablePage } from '#store/dead-letters/pages/reader.ts';
import { type Html, html } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { COMMANDS, commandLine } from './commands.ts';
import { ago } from './figures.ts';
import { type FilterText, filterBox } from './filter-box.ts';
import { timeToHorizon } from './horizon.ts';
import { PATHS } from './paths.ts';

/** A page of dead letters, the newest first. */
export interface EventList {
  readonly letters: readonly DeadLetterFacts[];
  /** Where the page before ended; null for the first one. */
  readonly cursor: string | null;
  /** Where this one ends; null when nothing follows. */
  readonly next: string | null;
  /** Pages of the store that could not be read, so that what they hold is missing here. */
  readonly unreadable: readonly UnreadablePage[];
}

export function eventsPage(
  { letters, cursor, next, unreadable }: EventList,
  filter: FilterText,
  { now, mayAct }: Pick<Visit, 'now' | 'mayAct'>,
): Page {
  const { where } = filter;
  return {
    title: 'Dead letters',
    body: html`<h1>Dead letters, one by one</h1>
<p class="lead">The newest first. <a href="${PATHS.groups(where)}">By cause</a></p>
${filterBox(PATHS.events(), filter)}
${unreadable.length > 0 && html`<p class="todo">${plural(unreadable.length, 'page')} of dead letters cannot be read and are left out: ${unreadable.map(({ name, why }) => `${name}: ${why}`).join('; ')}.</p>`}
${letters.length === 0 ? nothing(cursor) : list(letters, now)}
<nav class="links" aria-label="More">${cursor !== null && html`<a href="${PATHS.events(where)}">Newest</a>`}${next !== null && html`<a href="${PATHS.events(where, next)}" rel="next">Older</a>`}${mayAct && letters.length > 0 && html`<a href="${PATHS.newReplay(where)}">Plan a replay of all these</a>`}</nav>
${commandLine(COMMANDS.list(where))}`,
  };
}

function nothing(cursor: string | null): Html {
  const words = cursor === null ? 'No dead letter matches.' : 'Nothing older.';
  return html`<div class="empty"><p>${words}</p></div>`;
}

function list(letters: readonly DeadLetterFacts[], now: number): Html {
  return html`<table class="stack">
<thead><tr><th scope="col">Event</th><th scope="col">Reason</th><th scope="col">Pixel</th><th scope="col">Died</th><th scope="col">Expires</th></tr></thead>
<tbody>${letters.map((letter) => row(letter, now))}</tbody>
</table>`;
}

function row(letter: DeadLetterFacts, now: number): Html {
  const { id, eventName, reason, refusal, message, pixelId, diedAt, horizon } = letter;
  return html`<tr><th scope="row"><a href="${PATHS.event(id)}">${eventName ?? 'unread message'}</a></th>
<td class="wide">${adviceFor(reason).title}<p class="said">${refusal?.message ?? message}</p></td>
<td data-label="Pixel"><span class="id">${pixelId ?? 'none'}</span></td>
<td data-label="Died" class="nowrap">${ago(diedAt, now)}</td>
<td data-label="Expires" class="nowrap">${timeToHorizon(horizon, now)}</td></tr>
`;
}
