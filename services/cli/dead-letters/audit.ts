import { UsageError } from '#process/command.ts';
import type { AuditEntry } from '#store/status/audit.ts';
import { readAudit } from '#store/status/audit.ts';
import { EXIT_CODES, EXIT_CODES_HELP } from '../exit-codes.ts';
import { print, printJson } from './print.ts';
import { withStore } from './store.ts';
import { createSubcommand, type Subcommand } from './subcommand.ts';
import { cut, table } from './table.ts';

const EXAMPLE = `capi-relay dead-letters audit --config capi-relay.yaml
capi-relay dead-letters audit --limit 1000 --json | jq -c '.[] | select(.action == "revealed")'`;

const SUMMARY =
  'Who replayed, purged, edited, imported, opened or revealed what, the newest first.';
const HEAD = ['WHEN', 'WHO', 'DID', 'WHICH', 'REASON', 'OF WHICH'];
const DEFAULT_LIMIT = 50;
const WIDTH = 40;

/** The audit trail for people. */
export function renderAudit(entries: readonly AuditEntry[]): string {
  if (entries.length === 0) return 'Nothing was done yet.\n';
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

/** Names and numbers; what was sealed is for programs. */
function detailsOf(details: AuditEntry['details']): string {
  return Object.entries(details)
    .filter(([name, value]) => name !== 'original' && value !== null && value !== '')
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(' ');
}

export const audit: Subcommand = {
  command: createSubcommand('audit', SUMMARY, EXAMPLE)
    .option('--limit <number>', `how many (default: ${DEFAULT_LIMIT})`)
    .option('--json', 'print JSON: an array of entries')
    .addHelpText('after', EXIT_CODES_HELP),
  run: async (configuration, flags, args) => {
    if (args.length > 0) throw new UsageError('audit takes no argument');
    const text = String(flags['limit'] ?? DEFAULT_LIMIT);
    if (!/^[1-9]\d{0,4}$/.test(text)) throw new UsageError('--limit takes a whole number from 1');
    const entries = await withStore(configuration, (store) => readAudit(store, Number(text)));
    await (flags['json'] ? printJson(entries) : print(renderAudit(entries)));
    return EXIT_CODES.done;
  },
};
