import { adviceForReason } from '#core/dead-letter/advice.ts';
import { writeTerm } from '#core/dead-letter/filter.ts';
import { BUCKET_MS } from '#core/dead-letter/groups.ts';
import { formatCount, formatDuration, plural } from '#core/text/format.ts';
import type { DeadLetterGroup } from '#store/dead-letters/groups.ts';
import { type Assessment, assessmentWords } from '#store/dead-letters/replay/assessment.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { deathHistogram } from './charts/histogram.ts';
import { facetList } from './dead-letters/facets.ts';
import { selectionBar, selectionBox } from './dead-letters/selection.ts';
import {
  GROUP_COLUMNS,
  type GroupColumn,
  type GroupOrder,
  pageOfGroups,
  ROWS_PER_PAGE,
  sortText,
} from './dead-letters/sorting.ts';
import {
  ago,
  commandLine,
  type FilterText,
  filterBox,
  shortPixel,
  timeToHorizon,
} from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';

const REFRESH_S = 10;

/** What the table of causes is made of. */
export interface GroupsView {
  readonly groups: readonly DeadLetterGroup[];
  readonly order: GroupOrder;
  /** The topics of the configuration. */
  readonly topics: readonly string[];
  readonly assessment: Assessment | null;
}

type Viewer = Pick<Visit, 'now' | 'mayAct' | 'names'>;

/** The dead letters by cause, as a table. */
export function groupsPage(view: GroupsView, filter: FilterText, visit: Viewer): Page {
  const { groups, order, topics, assessment } = view;
  const { where, problem } = filter;
  const total = groups.reduce((sum, { events }) => sum + events, 0);
  return {
    title: 'Dead letters',
    // Filtered groups are not stored: they may have to be computed from all dead letters.
    ...(where === '' ? { refreshS: REFRESH_S, hasForm: true } : {}),
    body: html`<h1>Dead letters</h1>
<p class="lead">${lead(groups, total, assessment)}</p>
${filterBox(PATHS.groups(), filter)}
${problem === null && (total > 0 || where !== '') && facetList(groups, { where, names: visit.names, topics })}
${
  total === 0
    ? emptyList(filter)
    : html`${deathHistogram(
        groups.flatMap(({ died }) => died),
        visit.now,
      )}
${table(groups, order, where, visit)}
${pagination(groups.length, order, where)}
${actions(groups, total, where, visit.mayAct)}`
}
${commandLine(COMMANDS.summary(where))}`,
  };
}

function lead(
  groups: readonly DeadLetterGroup[],
  total: number,
  assessment: Assessment | null,
): string {
  if (total === 0)
    return 'Events that could not be sent stay here, with the reason, until they are replayed or purged.';
  const soon = groups.reduce((sum, { within }) => sum + within['24h'], 0);
  const expired = groups.reduce((sum, group) => sum + group.expired, 0);
  const words = [`${plural(total, 'event')} of ${plural(groups.length, 'cause')}.`];
  if (assessment !== null) words.push(`${assessmentWords(assessment)}.`);
  if (soon > 0) words.push(`${formatCount(soon)} expire within 24 hours.`);
  if (expired > 0) words.push(`${formatCount(expired)} have expired.`);
  return words.join(' ');
}

function emptyList({ where }: FilterText): Html {
  return where === ''
    ? html`<div class="empty"><p>No dead letters. Every event was delivered, filtered on purpose, or is on its way.</p></div>`
    : html`<div class="empty"><p>No dead letter matches this filter. <a href="${PATHS.groups()}">Show all</a></p></div>`;
}

function table(
  groups: readonly DeadLetterGroup[],
  order: GroupOrder,
  where: string,
  visit: Viewer,
): Html {
  const columns = Object.keys(GROUP_COLUMNS) as GroupColumn[];
  const shown = pageOfGroups(groups, order, visit.names);
  return html`<form method="get" action="${PATHS.selected('show')}" class="selecting"><input type="hidden" name="where" value="${where}">
${selectionBar('causes', visit.mayAct)}
<table class="stack causes">
<thead><tr><th scope="col"><span class="hidden">Selected</span></th>${columns.map((column) => heading(column, order, where))}</tr></thead>
<tbody>${shown.map((group) => row(group, visit))}</tbody>
</table></form>`;
}

const NUMBERS: readonly GroupColumn[] = ['events', 'saved'];

/** The title of a column: a link that sorts by it, or the other way round. */
function heading(column: GroupColumn, order: GroupOrder, where: string): Html {
  const { title, descending } = GROUP_COLUMNS[column];
  const isSorted = order.column === column;
  const next = { column, descending: isSorted ? !order.descending : descending };
  const sorted = isSorted && (order.descending ? 'descending' : 'ascending');
  return html`<th scope="col"${NUMBERS.includes(column) && html` class="n"`}${sorted !== false && html` aria-sort="${sorted}"`}><a href="${PATHS.groups(where, sortText(next))}">${title}</a></th>`;
}

function row(group: DeadLetterGroup, visit: Viewer): Html {
  const { cause, events, pixelId, newest } = group;
  const { now, names } = visit;
  const where = filterOfGroup(group);
  const { title } = adviceForReason(group.reason);
  return html`<tr><td class="pick">${selectionBox('cause', cause, `${title}, ${pixelId === null ? 'no pixel' : names.label(pixelId)}`)}</td>
<th scope="row" class="wide">${causeCell(group, visit)}</th>
<td data-label="Pixel">${pixelId === null ? 'no pixel' : shortPixel(pixelId, names)}</td>
<td class="n" data-label="Events"><a href="${PATHS.events(where)}" aria-label="List ${plural(events, 'event')}">${formatCount(events)}</a></td>
<td class="n" data-label="Can be replayed">${replayable(group)}</td>
<td class="nowrap" data-label="First expires">${expiry(group, now)}</td>
<td class="nowrap" data-label="Last died">${lastDied(now - newest)}</td></tr>
`;
}

/** One line, which opens to everything that is known of the cause. */
function causeCell(group: DeadLetterGroup, { mayAct, now }: Viewer): Html {
  const { cause, reason, stage, message, code, subcode } = group;
  const { title, todo, remedy } = adviceForReason(reason);
  const where = filterOfGroup(group);
  const codes = code === null ? '' : `, code ${code}${subcode === null ? '' : `/${subcode}`}`;
  return html`<details id="c-${cause}"><summary>${group.acknowledged !== undefined && html`<span class="tag">acknowledged</span> `}<strong>${title}</strong> <span class="said">${message}</span></summary>
<p class="said">${message}</p>
${acknowledgedWords(group, now)}<p class="facts"><code>${reason}</code> <span class="muted">in ${stage}${codes}</span></p>
<p class="todo">${todo}</p>
<p class="links"><a href="${PATHS.events(where)}">Show the events</a>${mayAct && remedy !== 'purge' && mayReplay(group) && html`<a href="${PATHS.newReplay(where)}">Plan a replay</a>`}${mayAct && isEditable(group) && html`<a href="${PATHS.bulkEdit(where)}">Edit them</a>`}${mayAct && remedy === 'purge' && html`<a href="${PATHS.purge(where)}">Purge</a>`}${mayAct && html`<a href="${PATHS.acknowledge(where)}">${group.acknowledged === undefined ? 'Acknowledge' : 'Reopen'}</a>`}</p></details>`;
}

/** Groups are dated to ten minutes. */
function lastDied(ms: number): string {
  return ms < BUCKET_MS ? `< ${formatDuration(BUCKET_MS)} ago` : `${formatDuration(ms)} ago`;
}

/** The person who acknowledged a cause, the reason, and for how long. */
function acknowledgedWords({ acknowledged }: DeadLetterGroup, now: number): Part {
  if (acknowledged === undefined) return false;
  const { by, at, reason, until } = acknowledged;
  const end =
    until === null ? 'until it changes' : `for ${formatDuration(until - now)}, or until it changes`;
  return html`<p class="facts">Acknowledged by ${by} ${ago(at, now)}${reason !== null && html`: ${reason}`}; ${end}.</p>`;
}

/** Where correcting the events can help: the mapping refused them for what they hold, or Meta did. */
function isEditable({ reason }: DeadLetterGroup): boolean {
  return adviceForReason(reason).remedy === 'edit' || EDITABLE.includes(reason);
}

const EDITABLE = ['missing_value', 'missing_website_context', 'rejected_by_meta'];

/** False where a replay would put none of them back. */
function mayReplay({ replay, events }: DeadLetterGroup): boolean {
  return replay === undefined || replay.replayable > 0 || replay.assessed < events;
}

function replayable({ replay, events }: DeadLetterGroup): Part {
  if (replay === undefined || replay.assessed === 0)
    return html`<span class="muted">not known</span>`;
  const { replayable: n, assessed } = replay;
  const of = assessed < events && html` <span class="muted">of ${formatCount(assessed)}</span>`;
  return html`${n === 0 ? html`<span class="zero">0</span>` : formatCount(n)}${of}`;
}

function expiry({ nextHorizon, expired, events }: DeadLetterGroup, now: number): Html {
  if (nextHorizon === null && expired === events)
    return html`<span class="muted">all expired</span>`;
  const rest =
    expired === 0 ? null : html` <span class="muted">(${formatCount(expired)} expired)</span>`;
  return html`${timeToHorizon(nextHorizon, now)}${rest}`;
}

function pagination(all: number, order: GroupOrder, where: string): Part {
  const { page } = order;
  const last = Math.ceil(all / ROWS_PER_PAGE);
  if (last <= 1) return false;
  const to = (n: number): string => PATHS.groups(where, sortText(order), n);
  return html`<nav class="links" aria-label="Pagination"><span class="muted">Page ${formatCount(page)} of ${formatCount(last)}</span>${page > 1 && html`<a href="${to(Math.min(page - 1, last))}" rel="prev">Previous causes</a>`}${page < last && html`<a href="${to(page + 1)}" rel="next">More causes</a>`}</nav>`;
}

function actions(
  groups: readonly DeadLetterGroup[],
  total: number,
  where: string,
  mayAct: boolean,
): Html {
  return html`<p class="links"><a href="${PATHS.events(where)}">List ${plural(total, 'event')}</a>${mayAct && groups.some(mayReplay) && html`<a href="${PATHS.newReplay(where)}">Plan a replay of all these</a>`}${mayAct && html`<a href="${PATHS.bulkEdit(where)}">Edit all these</a><a href="${PATHS.purge(where)}">Purge all these</a>`}</p>`;
}

const PLAIN = /^[\w-]+$/;

/** A filter that matches the events of a group. */
export function filterOfGroup({
  pixelId,
  reason,
  cause,
}: Pick<DeadLetterGroup, 'pixelId' | 'reason' | 'cause'>): string {
  const terms = [
    // A newer release may know other reasons.
    ...(PLAIN.test(reason) ? [`reason:${reason}`] : []),
    writeTerm('pixel', pixelId ?? 'none'),
    writeTerm('cause', cause),
  ];
  return terms.join(' ');
}
