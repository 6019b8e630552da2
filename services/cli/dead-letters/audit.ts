import { wholeNumber } from '#process/option-values.ts';
import { type AuditEntry, readAudit } from '#store/status/audit.ts';
import { printResult } from '../output/print.ts';
import { table } from '../output/table.ts';
import { cut } from '../output/text.ts';
import { createSubcommand, type Subcommand } from '../subcommand.ts';

const EXAMPLE = `capi-relay dead-letters audit --config capi-relay.yaml
capi-relay dead-letters audit --limit 1000 --json | jq -c '.[] | select(.action == "revealed")'`;

const SUMMARY =
  'Shows the audit trail: every replay, purge, edit, import and disclosure, the newest first.';
const HEAD = ['WHEN', 'WHO', 'DID', 'WHICH', 'REASON', 'OF WHICH'];
const WIDTH = 40;

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
    .filter(([name, value]) => name !== 'original' && value !== null && value !== '')
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(' ');
}

export const audit: Subcommand = {
  command: createSubcommand('dead-letters audit', SUMMARY, EXAMPLE)
    .option('--limit <number>', 'most entries to show', wholeNumber('--limit'), 50)
    .option('--json', 'print JSON: an array of entries'),
  run: async ({ store, flags }) => {
    const entries = await readAudit(store, Number(flags['limit']));
    return printResult(flags, entries, renderAudit(entries));
  },
};
