import { adviceFor } from '#core/dead-letter/advice.ts';
import { formatCount, formatDuration, plural } from '#core/text/format.ts';
import type { Group } from '#store/dead-letters/groups.ts';
import { type Html, html } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { COMMANDS, commandLine } from './commands.ts';
import { type FilterText, filterBox } from './filter-box.ts';
import { filterOfGroup } from './group-filter.ts';
import { timeToHorizon } from './horizon.ts';
import { PATHS } from './paths.ts';
import { sparkline } from './sparkline.ts';

const REFRESH_S = 10;

/** The dead letters by what they died of, the largest group first. */
export function groupsPage(
  groups: readonly Group[],
  filter: FilterText,
  { now, mayAct }: Pick<Visit, 'now' | 'mayAct'>,
): Page {
  const total = groups.reduce((sum, { events }) => sum + events, 0);
  return {
    title: 'Dead letters',
    // Groups are kept; those of a filter may have to be gathered from all there are.
    ...(filter.where === '' ? { refreshS: REFRESH_S } : {}),
    body: html`<h1>Dead letters</h1>
<p class="lead">${lead(groups, total)}</p>
${filterBox(PATHS.groups(), filter)}
${
  total === 0
    ? nothing(filter)
    : html`<ol class="groups">${groups.map((group) => card(group, now, mayAct))}</ol>
<p class="links"><a href="${PATHS.events(filter.where)}">List ${plural(total, 'event')}</a>${mayAct && html`<a href="${PATHS.newReplay(filter.where)}">Plan a replay of all these</a><a href="${PATHS.purge(filter.where)}">Purge</a>`}</p>`
}
${commandLine(COMMANDS.summary(filter.where))}`,
  };
}

function lead(groups: readonly Group[], total: number): string {
  if (total === 0)
    return 'Events that could not be sent are kept here, with the reason, until they are replayed or purged.';
  const soon = groups.reduce((sum, { within }) => sum + within['24h'], 0);
  const expired = groups.reduce((sum, group) => sum + group.expired, 0);
  const words = [`${plural(total, 'event')} of ${plural(groups.length, 'cause')}.`];
  if (soon > 0) words.push(`${formatCount(soon)} can be replayed for less than 24 hours.`);
  if (expired > 0) words.push(`${formatCount(expired)} have expired.`);
  return words.join(' ');
}

function nothing({ where }: FilterText): Html {
  return where === ''
    ? html`<div class="empty"><p>No dead letters. Every event that came in was delivered, filtered on purpose, or is on its way.</p></div>`
    : html`<div class="empty"><p>No dead letter matches this filter. <a href="${PATHS.groups()}">Show all</a></p></div>`;
}

function card(group: Group, now: number, mayAct: boolean): Html {
  const { reason, message, code, subcode, events, pixelId } = group;
  const { title, todo, remedy } = adviceFor(reason);
  const where = filterOfGroup(group);
  const codes = code === null ? '' : `, code ${code}${subcode === null ? '' : `/${subcode}`}`;
  return html`<li class="group">
<p class="count"><a href="${PATHS.events(where)}" aria-label="${plural(events, 'event')}: list them">${formatCount(events)}</a></p>
<div class="what"><h2>${title}</h2>
<p class="facts"><code>${reason}</code> <span class="muted">${pixelId === null ? 'no pixel' : html`pixel <span class="id">${pixelId}</span>`}, in ${group.stage}${codes}</span></p>
<p class="said">${message}</p>
<p class="todo">${todo}</p>
<p class="links"><a href="${PATHS.events(where)}">Show the events</a>${mayAct && remedy !== 'purge' && html`<a href="${PATHS.newReplay(where)}">Plan a replay</a>`}${mayAct && remedy === 'purge' && html`<a href="${PATHS.purge(where)}">Purge</a>`}</p></div>
<div class="when">${sparkline(group.died, now)}
<dl><div><dt>Oldest</dt><dd>${formatDuration(now - group.oldest)} ago</dd></div><div><dt>First expires</dt><dd>${expiry(group, now)}</dd></div></dl></div>
</li>
`;
}

function expiry({ nextHorizon, expired, events }: Group, now: number): Html {
  if (nextHorizon === null && expired === events)
    return html`<span class="muted">all expired</span>`;
  const rest =
    expired === 0 ? null : html` <span class="muted">(${formatCount(expired)} expired)</span>`;
  return html`${timeToHorizon(nextHorizon, now)}${rest}`;
}
