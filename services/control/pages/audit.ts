import type { AuditEntry } from '#store/status/audit.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page } from '../layout.ts';
import { COMMANDS, commandLine } from './commands.ts';
import { moment } from './figures.ts';
import { PATHS } from './paths.ts';

/** What was done to dead letters, by whom and why, the newest first. */
export function auditPage(entries: readonly AuditEntry[]): Page {
  return {
    title: 'Audit',
    body: html`<h1>Audit</h1>
<p class="lead">Whatever was done to dead letters, by a command, here or by a safety rule.</p>
${entries.length === 0 ? html`<div class="empty"><p>Nothing was done yet.</p></div>` : table(entries)}
${commandLine(COMMANDS.audit)}`,
  };
}

function table(entries: readonly AuditEntry[]): Html {
  return html`<table class="stack">
<thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Who, why</th><th scope="col">Which</th><th scope="col">With what</th></tr></thead>
<tbody>${entries.map(row)}</tbody></table>`;
}

function row({ at, by, action, reason, where, replay, details }: AuditEntry): Html {
  return html`<tr><th scope="row" class="nowrap">${moment(at)}</th>
<td data-label="What" class="nowrap">${what(action, replay)}</td>
<td class="wide">${by}${reason !== null && html`<p class="said">${reason}</p>`}</td>
<td class="wide">${which(where)}</td>
<td class="wide muted">${detailsOf(details)}</td></tr>
`;
}

function what(action: string, replay: string | null): Html {
  const words = action.replaceAll('_', ' ');
  return replay === null ? html`${words}` : html`<a href="${PATHS.replay(replay)}">${words}</a>`;
}

function which(where: string | null): Part {
  if (where === null) return '–';
  return where === '' ? 'all' : html`<code>${where}</code>`;
}

/** Counts and names; what is not there is left out. */
function detailsOf(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null && value !== false)
    .map(
      ([name, value]) =>
        `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
    )
    .join(', ');
}
