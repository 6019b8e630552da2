import { type Html, html } from '../html.ts';

/** A text as one argument of a shell. */
function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function scope(where: string): string {
  return where === '' ? '' : ` --where ${quoted(where)}`;
}

/** The commands that show or do the same as a page. */
export const COMMANDS = {
  status: 'capi-relay status',
  summary: (where: string) => `capi-relay dead-letters summary${scope(where)}`,
  list: (where: string) => `capi-relay dead-letters list${scope(where)}`,
  show: (id: string) => `capi-relay dead-letters show ${quoted(id)}`,
  edit: (id: string) => `capi-relay dead-letters edit ${quoted(id)}`,
  purge: (where: string) => `capi-relay dead-letters purge${scope(where) || ' --all'}`,
  replays: 'capi-relay replay list',
  audit: 'capi-relay dead-letters audit',
  replay: (where: string, flags: readonly string[] = []) =>
    ['capi-relay replay', scope(where).trim() || '--all', ...flags].join(' '),
  onReplay: (action: 'status' | 'pause' | 'resume' | 'cancel', id: string) =>
    `capi-relay replay ${action} ${quoted(id)}`,
} as const;

/** A command, to be copied. */
export function commandLine(command: string): Html {
  return html`<div class="command"><code>${command}</code><button type="button" data-copy="${command}" aria-label="Copy the command">Copy</button></div>`;
}
