import { formatCount, plural } from '#core/text/format.ts';
import { type Html, html } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { tokenField } from './action-form.ts';
import { COMMANDS, commandLine } from './commands.ts';
import { filterBox } from './filter-box.ts';
import { PATHS } from './paths.ts';

/** Throwing dead letters away. */
export interface PurgeRequest {
  readonly where: string;
  /** How many match; null when the filter is wrong. */
  readonly matched: number | null;
  readonly problem: string | null;
  /** The folder in which they are written down first. */
  readonly backupFolder: string;
}

export function purgePage(request: PurgeRequest, visit: Visit): Page {
  const { where, matched, problem } = request;
  return {
    title: 'Purge',
    body: html`<p class="path"><a href="${PATHS.groups(where)}">Dead letters</a> / purge</p>
<h1>Purge dead letters</h1>
<p class="lead">What is purged is gone from here for good. The ledger counts it as purged.</p>
${filterBox('/purge', { where, problem })}
${matched === 0 && html`<div class="empty"><p>No dead letter matches.</p></div>`}
${matched !== null && matched > 0 && confirmForm(request, matched, visit)}
${commandLine(COMMANDS.purge(where))}`,
  };
}

function confirmForm({ where, backupFolder }: PurgeRequest, matched: number, visit: Visit): Html {
  return html`<section class="card" aria-labelledby="confirm"><h2 id="confirm">Throw ${plural(matched, 'dead letter')} away?</h2>
<p>They are written to a file first, sealed as they are, in <code>${backupFolder}</code> on the machine of this process; <code>capi-relay dead-letters import</code> takes them back. <a href="${PATHS.events(where)}">Look at them</a></p>
<form method="post" action="/purge">${tokenField(visit)}<input type="hidden" name="where" value="${where}">
<p class="field"><label for="count">Type ${formatCount(matched)} to agree</label><input id="count" name="count" inputmode="numeric" autocomplete="off" size="12" required></p>
<p class="field wide-field"><label for="reason">Why, for the audit trail</label><input id="reason" name="reason" maxlength="200" autocomplete="off"></p>
<p><button class="danger" type="submit">Purge</button></p></form></section>`;
}
