import { formatCount, plural } from '#core/text/format.ts';
import { type Html, html } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { commandLine, filterBox, reasonField, tokenField } from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';

/** The dead letters to delete. */
interface PurgeRequest {
  readonly where: string;
  /** The number that matches; null for an invalid filter. */
  readonly matched: number | null;
  readonly problem: string | null;
  /** The folder of the backup that is written first. */
  readonly backupFolder: string;
}

export function purgePage(request: PurgeRequest, visit: Visit): Page {
  const { where, matched, problem } = request;
  return {
    title: 'Purge',
    body: html`<p class="path"><a href="${PATHS.groups(where)}">Dead letters</a> / purge</p>
<h1>Purge dead letters</h1>
<p class="lead">A purge deletes dead letters for good. The ledger counts them as purged.</p>
${filterBox('/purge', { where, problem })}
${matched === 0 && html`<div class="empty"><p>No dead letter matches.</p></div>`}
${matched !== null && matched > 0 && confirmForm(request, matched, visit)}
${commandLine(COMMANDS.purge(where))}`,
  };
}

function confirmForm({ where, backupFolder }: PurgeRequest, matched: number, visit: Visit): Html {
  return html`<section class="card" aria-labelledby="confirm"><h2 id="confirm">Purge ${plural(matched, 'dead letter')}?</h2>
<p>A backup is written first, still sealed, to <code>${backupFolder}</code> on the machine of this process. <code>capi-relay dead-letters import</code> restores it. <a href="${PATHS.events(where)}">Show the dead letters</a></p>
<form method="post" action="/purge">${tokenField(visit)}<input type="hidden" name="where" value="${where}">
<p class="field"><label for="count">Type ${formatCount(matched)} to confirm</label><input id="count" name="count" inputmode="numeric" autocomplete="off" size="12" required></p>
${reasonField('source fixed, ticket 4711')}
<p><button class="danger" type="submit">Purge</button></p></form></section>`;
}
