import type { AuditEntry } from '#store/status/audit.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page } from '../layout.ts';
import { commandLine, timestamp } from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';

const REFRESH_S = 10;

/** All actions on dead letters, who took them and why; the newest first. */
export function auditPage(entries: readonly AuditEntry[]): Page {
  return {
    title: 'Audit',
    refreshS: REFRESH_S,
    body: html`<h1>Audit</h1>
<p class="lead">All actions on dead letters and lanes: by commands, on these pages, and by safety limits.</p>
${entries.length === 0 ? html`<div class="empty"><p>No actions yet.</p></div>` : table(entries)}
${commandLine(COMMANDS.audit)}`,
  };
}

function table(entries: readonly AuditEntry[]): Html {
  return html`<table class="stack">
<thead><tr><th scope="col">Time</th><th scope="col">Action</th><th scope="col">By, reason</th><th scope="col">Dead letters</th><th scope="col">Details</th></tr></thead>
<tbody>${entries.map(row)}</tbody></table>`;
}

function row({ at, by, action, reason, where, replay, details }: AuditEntry): Html {
  return html`<tr><th scope="row" class="nowrap">${timestamp(at)}</th>
<td data-label="Action" class="nowrap wide">${actionName(action, replay)}</td>
<td class="wide">${by}${reason !== null && html`<p class="said">${reason}</p>`}</td>
<td class="wide">${selection(where)}</td>
<td class="wide muted">${detailsOf(details)}</td></tr>
`;
}

function actionName(action: string, replay: string | null): Html {
  const words = action.replaceAll('_', ' ');
  return replay === null ? html`${words}` : html`<a href="${PATHS.replay(replay)}">${words}</a>`;
}

/** A step of a bulk edit names each of its dead letters. */
const MOST_SHOWN = 120;

function selection(where: string | null): Part {
  if (where === null) return '–';
  if (where === '') return 'all';
  const shown = where.length > MOST_SHOWN ? `${where.slice(0, MOST_SHOWN)}…` : where;
  return html`<code>${shown}</code>`;
}

/** Originals of edits, which are for programs only. */
const SEALED = ['original', 'originals'];

/** Counts and names, without empty ones. */
function detailsOf(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .filter(([name, value]) => !SEALED.includes(name) && value !== null && value !== false)
    .map(([name, value]) => `${name} ${detailText(value)}`)
    .join(', ');
}

function detailText(value: unknown): string {
  if (Array.isArray(value)) return value.map(detailText).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
