import { UsageError } from '#config/errors.ts';
import { readSpan } from '#core/dead-letter/filter-fields.ts';
import { Option } from '#process/command.ts';
import { collect, wholeNumber } from '#process/option-values.ts';
import { type LetterPlace, readCursor } from '#store/dead-letters/pages/cursor.ts';
import { EXIT_CODES_HELP, SHOWING_EXIT_CODES_HELP } from '../exit-codes.ts';
import { createSubcommand, type Subcommand } from '../subcommand.ts';
import { addAccount, addSelection } from './options.ts';

const EXAMPLES = {
  summary: `capi-relay dead-letters summary --config capi-relay.yaml
capi-relay dead-letters summary --where 'pixel:1234567890 since:2d'
capi-relay dead-letters summary --where 'expires:<24h' --json`,
  list: `capi-relay dead-letters list --limit 20 --config capi-relay.yaml
capi-relay dead-letters list --where 'reason:missing_value since:12h'
capi-relay dead-letters list --where 'code:100' --json | jq -r '.deadLetters[].id'`,
  show: `capi-relay dead-letters show 2p1x8k4v7q3m0a.17 --config capi-relay.yaml
capi-relay dead-letters show 2p1x --diff
capi-relay dead-letters show --last
capi-relay dead-letters show 2p1x8k4v7q3m0a.17 --reveal --json`,
  edit: `capi-relay dead-letters edit 2p1x8k4v7q3m0a.17 --config capi-relay.yaml      in $EDITOR
capi-relay dead-letters edit 2p1x8k4v7q3m0a.17 --set properties.value=12.5
capi-relay dead-letters edit 2p1x8k4v7q3m0a.17 --set clear.custom_data.currency=EUR --unset personal.ph
capi-relay dead-letters edit --where 'reason:missing_value' --set properties.revenue=@properties.total --dry-run
capi-relay dead-letters edit --where 'reason:invalid_currency since:2d' --set 'properties.currency="EUR"' --yes`,
  export: `capi-relay dead-letters export --config capi-relay.yaml > dead.ndjson
capi-relay dead-letters export --sealed --where 'pixel:1234567890' > for-import.ndjson
capi-relay dead-letters export --where 'reason:missing_value' --reveal \\
  | jq -c .content | capi-relay preview --config capi-relay.yaml`,
  import: `capi-relay dead-letters import invalid.ndjson --config capi-relay.yaml
capi-relay dead-letters export --sealed --config one.yaml \\
  | capi-relay dead-letters import - --config other.yaml`,
  purge: `capi-relay dead-letters purge --where expires:past --config capi-relay.yaml
capi-relay dead-letters purge --where 'reason:invalid_event' --dry-run
capi-relay dead-letters purge --where 'reason:invalid_event' --backup invalid.ndjson --yes
capi-relay dead-letters purge --all --no-backup --yes`,
  acknowledge: `capi-relay dead-letters acknowledge --where 'reason:too_old pixel:1234567890' --for 3d --config capi-relay.yaml
capi-relay dead-letters acknowledge --where 'cause:8fQ2kd0Vx1Za' --reason 'the shop sends them again'
capi-relay dead-letters acknowledge --where 'reason:too_old' --end`,
  audit: `capi-relay dead-letters audit --config capi-relay.yaml
capi-relay dead-letters audit --limit 1000 --json | jq -c '.[] | select(.action == "revealed")'`,
};

const BULK_NOTES = `
A bulk edit changes everything that --where, --id or --all selects. It first shows how many
would change, a sample with its values masked, and what a replay with the current settings would make
of them. It asks on a terminal; without one it changes nothing unless --yes is given. Values of a bulk
edit are JSON ('properties.currency="EUR"') or @path, which copies from the event. A dead letter that
lacks the path, or has the value already, is left as it is and counted.
The canary is changed first and mapped again; if a replay would deliver none of it, the edit stops.
Each step is one transaction in Redis, and keeps the originals, sealed, in the audit trail. After an
interruption, run the command again: what is changed already is left as it is.`;

const ACKNOWLEDGE_NOTES = `
status and the overview of control leave an acknowledged cause out of what they call urgent. It
stays in every list, its dead letters stay as they are, and alerts count them. A cause changes when
another event dies of it. The filter selects whole causes: by cause, reason, pixel, stage, code or
subcode; summary --json prints the name of each cause.`;

/** What can be done with dead letters; each action is loaded when it runs, so that --help answers at once. */
export const ACTIONS: readonly Subcommand[] = [
  {
    command: addSelection(
      createSubcommand(
        'dead-letters summary',
        'Counts dead letters by pixel, reason and message.',
        EXAMPLES.summary,
      ),
    ).option('--json', 'print JSON: an array of groups; times in Unix ms, nextHorizon in seconds'),
    load: async () => (await import('./summary.ts')).summarise,
  },
  {
    command: addSelection(
      createSubcommand('dead-letters list', 'Lists dead letters, the newest first.', EXAMPLES.list),
    )
      .option('--limit <number>', 'most dead letters to list', wholeNumber('--limit'), 50)
      .option('--cursor <text>', 'continue after a page, which ends with this value', parseCursor)
      .option('--json', 'print JSON: {"deadLetters": […], "next": cursor or null}'),
    load: async () => (await import('./list.ts')).listLetters,
  },
  {
    command: addAccount(
      createSubcommand(
        'dead-letters show',
        'Shows one dead letter: its history, the error and the event.',
        EXAMPLES.show,
      ),
    )
      .argument('[id]', 'the id that list prints, or the start of it')
      .option('--last', 'the newest dead letter')
      .option('--reveal', 'show personal data instead of masking it; recorded in the audit trail')
      .option('--diff', 'also show what a replay would do now, and what differs from before')
      .option('--json', 'print JSON'),
    load: async () => (await import('./show.ts')).showLetter,
  },
  {
    command: addAccount(
      addSelection(
        createSubcommand(
          'dead-letters edit',
          'Corrects the event of a dead letter, or of all that are selected; replay afterwards.',
          EXAMPLES.edit,
        ),
      ),
    )
      .argument('[id]', 'the id that list prints, or the start of it; none for a bulk edit')
      .option('--set <path=value>', 'set a field to JSON, or a copy: @path; repeatable', collect)
      .option('--unset <path>', 'remove a field; repeatable', collect)
      .option('--all', 'every dead letter')
      .option('--dry-run', 'show what a bulk edit would do, and change nothing')
      .option(
        '--canary <number>',
        'how many a bulk edit changes first; 0 for none',
        wholeNumber('--canary', '', 0),
        10,
      )
      .option('--force', 'go on although a replay would deliver none of the canary')
      .option('-y, --yes', 'do not ask')
      .option('--json', 'print the result as JSON')
      .addHelpText('after', BULK_NOTES),
    load: async () => (await import('./edit.ts')).editLetters,
  },
  {
    command: addAccount(
      addSelection(
        createSubcommand(
          'dead-letters export',
          'Writes dead letters as JSON lines, the oldest first.',
          EXAMPLES.export,
        ),
      ),
    )
      .option('--reveal', 'add the event as “content”, with its personal data')
      .addOption(new Option('--sealed', 'add the event sealed, for import').conflicts('reveal')),
    load: async () => (await import('./export.ts')).exportLetters,
  },
  {
    command: addAccount(
      createSubcommand(
        'dead-letters import',
        'Imports what purge backed up, or what export --sealed wrote.',
        EXAMPLES.import,
      ),
    )
      .argument('<file>', 'JSON lines; - reads standard input')
      .option('--json', 'print JSON: {"imported": 5, "known": 0, "expired": 0, "bad": 0}'),
    load: async () => (await import('./import.ts')).importFile,
  },
  {
    command: addAccount(
      addSelection(
        createSubcommand(
          'dead-letters purge',
          'Deletes dead letters for good, after writing them to a backup file.',
          EXAMPLES.purge,
        ),
      ),
    )
      .option('--all', 'every dead letter')
      .option('--dry-run', 'show what would be purged, and change nothing')
      .option('--backup <file>', 'the backup file (default: a new file in this folder)')
      .option('--no-backup', 'write no backup')
      .option('-y, --yes', 'do not ask')
      .option('--json', 'print the result as JSON: {"purged": 5, "backup": "…"}'),
    scope: "capi-relay dead-letters purge --where 'expires:past'",
    load: async () => (await import('./purge.ts')).purgeLetters,
  },
  {
    command: addAccount(
      addSelection(
        createSubcommand(
          'dead-letters acknowledge',
          'Keeps causes from demanding action, until they change or the time is over.',
          EXAMPLES.acknowledge,
        ),
      ),
    )
      .option('--all', 'every cause')
      .option('--for <duration>', 'such as 12h or 3d (default: until it changes)', parseSnooze)
      .addOption(new Option('--end', 'let them demand action again').conflicts('for'))
      .option(
        '--json',
        'print JSON: {"acknowledged": 2, "until": Unix ms or null}, or {"reopened": 2}',
      )
      .addHelpText('after', ACKNOWLEDGE_NOTES),
    scope: "capi-relay dead-letters acknowledge --where 'reason:too_old'",
    load: async () => (await import('./acknowledge.ts')).acknowledgeCauses,
  },
  {
    command: createSubcommand(
      'dead-letters audit',
      'Shows the audit trail: every replay, purge, edit, import and disclosure, the newest first.',
      EXAMPLES.audit,
    )
      .option('--limit <number>', 'most entries to show', wholeNumber('--limit'), 50)
      .option('--json', 'print JSON: an array of entries'),
    load: async () => (await import('./audit.ts')).showAudit,
  },
];

const SHOWING = ['summary', 'list', 'audit'];

for (const { command } of ACTIONS) {
  const codes = SHOWING.includes(command.name()) ? SHOWING_EXIT_CODES_HELP : EXIT_CODES_HELP;
  command.addHelpText('after', codes);
}

function parseCursor(text: string): LetterPlace {
  const place = readCursor(text);
  if (place === null)
    throw new UsageError('--cursor takes the value that the last page ended with');
  return place;
}

/** The value of --for, in ms. */
function parseSnooze(text: string): number {
  const ms = readSpan(text);
  if (ms !== null && ms > 0) return ms;
  throw new UsageError(`--for takes a duration such as 12h or 3d, not “${text}”`);
}
