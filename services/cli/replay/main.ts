import { UsageError } from '#config/errors.ts';
import { type Command, configOption, createCommand, Option } from '#process/command.ts';
import { wholeNumber } from '#process/option-values.ts';
import { MARGIN_MS, MOST_REPLAYS } from '#store/dead-letters/replay/eligibility.ts';
import { addAccount, addSelection } from '../dead-letters/options.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { runSubcommands } from '../subcommand.ts';
import { CONTROLS } from './controls.ts';

const EXAMPLE = `capi-relay replay --where 'reason:missing_value' --dry-run --config capi-relay.yaml
capi-relay replay --where 'reason:missing_value' --reason 'value mapped to revenue'
capi-relay replay --where 'pixel:1234567890 since:12h' --rate 200 --detach --yes
capi-relay replay status             the newest; also list, pause, resume, cancel`;

const NOTES = `
A mapped event is replayed unchanged. An event that mapping refused is mapped again with the
current settings: it is put back into the queue, filtered out, or stays a dead letter.
event_id and event_time never change. A replay skips dead letters that
  - are past their horizon, or within ${MARGIN_MS / 60_000} minutes of it: Meta would refuse the whole batch
  - Meta may have accepted more than 48 hours ago, and would count twice (--include-unknown)
  - were replayed ${MOST_REPLAYS} times or more: fix the cause first (--force-loop)
  - belong to a pixel that is not in the configuration
  - died while the replay was running
The canary is sent first; if too many of its events die again, nothing else is sent. Live
events have priority over replays. A replay passes over a pixel whose lane is halted and
returns to it at the end. When only halted pixels are left, it stops with exit code 5;
control continues a detached one as soon as a pixel is active. Each step is one
transaction in Redis: after an interruption or a crash, resume continues the replay,
nothing is lost and nothing is sent twice.`;

function replayCommand(): Command {
  const summary = 'Puts dead letters back into the queue, the oldest first.';
  const command = createCommand('replay', summary, EXAMPLE).addOption(configOption());
  return addAccount(
    addSelection(command)
      .option('--all', 'every dead letter')
      .option('--dry-run', 'show what would happen, and change nothing')
      .option(
        '--rate <number>',
        'dead letters per second (default: no limit)',
        wholeNumber('--rate'),
      )
      .option('--max <number>', 'most dead letters to replay', wholeNumber('--max'))
      .option(
        '--canary <number>',
        'how many go first; 0 for none',
        wholeNumber('--canary', '', 0),
        10,
      )
      .addOption(
        new Option('--stop-on-failures <share>', 'stop when a larger share dies again')
          .argParser(parsePercentage)
          .default(0.05, '5%'),
      )
      .option('--detach', 'let control run it, and return at once')
      .option('--include-unknown', 'include what Meta may have accepted more than 48 hours ago')
      .option('--force-loop', `include what was replayed ${MOST_REPLAYS} times or more`)
      .option('-y, --yes', 'do not ask')
      .option('--json', 'print the result as JSON'),
  )
    .addHelpText('after', NOTES)
    .addHelpText('after', EXIT_CODES_HELP);
}

function parsePercentage(text: string): number {
  const [, digits] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? [];
  if (digits !== undefined && Number(digits) <= 100) return Number(digits) / 100;
  throw new UsageError(`--stop-on-failures takes a share such as 5%, not “${text}”`);
}

// Positional options: those behind an action's name belong to the action.
const program = replayCommand().enablePositionalOptions();
const scope = "capi-relay replay --where 'reason:missing_value' --dry-run";
const load = async () => (await import('./replay.ts')).replay;

await runSubcommands(program, [{ command: program, scope, load }, ...CONTROLS]);
