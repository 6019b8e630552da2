import { adviceForReason } from '#core/dead-letter/advice.ts';
import { formatCount, plural } from '#core/text/format.ts';
import type { DeadLetterGroup } from '#store/dead-letters/groups.ts';
import { type Html, html } from '../../html.ts';
import type { Page, Visit } from '../../layout.ts';
import { commandLine, pixelOf, reasonField, tokenField } from '../elements.ts';
import { COMMANDS, PATHS } from '../links.ts';

/** How long an acknowledgement may hold, as the filter writes spans; empty: until the cause changes. */
export const SNOOZES = {
  '': 'until it changes',
  '4h': '4 hours',
  '24h': '24 hours',
  '3d': '3 days',
  '7d': '7 days',
} as const;

/** Causes shown; more are counted. */
const MOST_SHOWN = 20;

interface AcknowledgeView {
  readonly where: string;
  readonly groups: readonly DeadLetterGroup[];
  /** What is wrong with the request. */
  readonly problem: string | null;
}

/** Acknowledges causes, or lets them demand action again. */
export function acknowledgePage({ where, groups, problem }: AcknowledgeView, visit: Visit): Page {
  return {
    title: 'Acknowledge causes',
    body: html`<p class="path"><a href="${PATHS.groups(where)}">Dead letters</a> / acknowledge</p>
<h1>Acknowledge ${plural(groups.length, 'cause')}</h1>
<p class="lead">An acknowledged cause no longer demands action, until another event dies of it or the time is over. Its dead letters stay as they are, in every list, and alerts count them.</p>
${problem !== null && html`<div class="notices"><p class="notice bad" role="alert">${problem}</p></div>`}
${groups.length > 0 && list(groups, visit)}
${groups.length > 0 && visit.mayAct && form(where, visit)}
${commandLine(COMMANDS.acknowledge(where))}${commandLine(COMMANDS.reopen(where))}`,
  };
}

function list(groups: readonly DeadLetterGroup[], { names }: Visit): Html {
  const more = groups.length - MOST_SHOWN;
  return html`<ul class="counts">${groups
    .slice(0, MOST_SHOWN)
    .map(
      ({ reason, message, events, pixelId }) =>
        html`<li><span class="n">${formatCount(events)}</span><span>${adviceForReason(reason).title}, ${pixelId === null ? 'no pixel' : pixelOf(pixelId, names)} <span class="said">${message}</span></span></li>`,
    )}</ul>${more > 0 && html`<p class="hint">And ${formatCount(more)} more.</p>`}`;
}

function form(where: string, visit: Visit): Html {
  return html`<section class="card" aria-labelledby="acknowledge"><h2 id="acknowledge">Acknowledge or reopen</h2>
<form method="post" action="${PATHS.acknowledge()}">${tokenField(visit)}<input type="hidden" name="where" value="${where}">
<p class="field"><label for="for">For</label><select id="for" name="for">${Object.entries(SNOOZES).map(([value, words]) => html`<option value="${value}">${words}</option>`)}</select></p>
${reasonField('the shop sends them again, ticket 4711')}
<p class="links"><button class="primary" type="submit">Acknowledge</button><button type="submit" formaction="${PATHS.reopen}">Reopen</button></p></form></section>`;
}
