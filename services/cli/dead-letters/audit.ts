import { type AuditEntry, readAudit } from '#store/status/audit.ts';
import type { ActionContext } from '../action.ts';
import { printResult } from '../output/print.ts';
import { table } from '../output/table.ts';
import { cut } from '../output/text.ts';

const HEAD = ['WHEN', 'WHO', 'DID', 'WHICH', 'REASON', 'OF WHICH'];
const WIDTH = 40;
const SEALED = ['original', 'originals'];

function renderAudit(entries: readonly AuditEntry[]): string {
  if (entries.length === 0) return 'The audit trail is empty.\n';
  const rows = entries.map(({ at, by, action, where, replay, reason, details }) => [
    new Date(at).toISOString().slice(0, 19).replace('T', ' '),
    by,
    action,
    cut(where === '' ? '--all' : (where ?? '–'), WIDTH),
    cut(reason ?? '–', WIDTH),
    [replay ?? [], detailsOf(details)].flat().join(' '),
  ]);
  return table([HEAD, ...rows], HEAD.indexOf('OF WHICH'));
}

/** Names and numbers; sealed values are for programs only. */
function detailsOf(details: AuditEntry['details']): string {
  return Object.entries(details)
    .filter(([name, value]) => !SEALED.includes(name) && value !== null && value !== '')
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(' ');
}

/** Prints the audit trail. */
export async function showAudit({ store, flags }: ActionContext): Promise<number> {
  const entries = await readAudit(store, Number(flags['limit']));
  return printResult(flags, entries, renderAudit(entries));
}
