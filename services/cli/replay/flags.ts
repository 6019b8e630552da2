import { type Command, configOption, createCommand, UsageError } from '#process/command.ts';
import { MARGIN_MS, MOST_REPLAYS } from '#store/dead-letters/replay/eligibility.ts';
import { addAccount, addSelection, FILTER_HELP } from '../dead-letters/selection.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';

const EXAMPLE = `capi-relay replay --where 'reason:missing_value' --dry-run --config capi-relay.yaml
capi-relay replay --where 'reason:missing_value' --reason 'value mapped to revenue'
capi-relay replay --where 'pixel:1234567890 since:12h' --rate 200 --detach --yes
capi-relay replay status             the latest; also list, pause, resume, cancel`;

const NOTES = `
An event that was to be sent goes as it was. One that the mapping refused is mapped with
today's settings: it is put back into the queue, left out where they say so, or stays dead.
event_id and event_time never change. Not replayed is what
  - is past its horizon, or within ${MARGIN_MS / 60_000} minutes of it: Meta would refuse its whole batch
  - Meta may have taken more than 48 hours ago, and would count twice (--include-unknown)
  - was replayed ${MOST_REPLAYS} times or more: first mend what kills it (--force-loop)
  - belongs to a pixel that is not in the configuration
  - dies while the replay runs: what dies again is not taken up a second time
The canary goes first and alone; when too many of it die again nothing else is sent. Replays
wait behind live events, and stop where a lane stands still. Each step happens in Redis as a
whole or not at all: one that was interrupted or killed is resumed; nothing is lost, and
nothing goes twice.`;

const DEFAULT_CANARY = 10;
const DEFAULT_STOP_ABOVE = '5%';

/** What the user asked for. */
export interface ReplayOptions {
  /** Null for as many as there are. */
  readonly max: number | null;
  /** Dead letters a second; null for as fast as it goes. */
  readonly rate: number | null;
  readonly canary: number;
  /** The share of those answered that may die again. */
  readonly stopAbove: number;
  readonly dryRun: boolean;
  readonly detach: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly includeUnknown: boolean;
  readonly forceLoop: boolean;
}

export function replayCommand(): Command {
  const command = createCommand(
    'replay',
    'Puts dead letters back into the queue, the oldest first.',
    EXAMPLE,
  ).addOption(configOption());
  return addAccount(
    addSelection(command)
      .option('--all', 'every dead letter')
      .option('--dry-run', 'say what would become of them, and do nothing')
      .option('--rate <number>', 'dead letters a second (default: as fast as they are answered)')
      .option('--max <number>', 'at most so many')
      .option('--canary <number>', `so many go first, 0 for none (default: ${DEFAULT_CANARY})`)
      .option('--stop-on-failures <share>', `that die again (default: ${DEFAULT_STOP_ABOVE})`)
      .option('--detach', 'let the workers do it, and end at once')
      .option('--include-unknown', 'also what Meta may have taken more than 48 hours ago')
      .option('--force-loop', `also what was replayed ${MOST_REPLAYS} times or more`)
      .option('-y, --yes', 'without asking')
      .option('--json', 'print the result as JSON'),
  ).addHelpText('after', FILTER_HELP + NOTES + EXIT_CODES_HELP);
}

/** @throws UsageError that says which flag is wrong, and what it takes */
export function readFlags(flags: Readonly<Record<string, unknown>>): ReplayOptions {
  return {
    max: whole(flags['max'], '--max'),
    rate: whole(flags['rate'], '--rate'),
    canary: flags['canary'] === '0' ? 0 : (whole(flags['canary'], '--canary') ?? DEFAULT_CANARY),
    stopAbove: share(String(flags['stopOnFailures'] ?? DEFAULT_STOP_ABOVE)),
    dryRun: flags['dryRun'] === true,
    detach: flags['detach'] === true,
    yes: flags['yes'] === true,
    json: flags['json'] === true,
    includeUnknown: flags['includeUnknown'] === true,
    forceLoop: flags['forceLoop'] === true,
  };
}

function whole(value: unknown, flag: string): number | null {
  if (value === undefined) return null;
  if (/^[1-9]\d{0,8}$/.test(String(value))) return Number(value);
  throw new UsageError(`${flag} takes a whole number from 1, not “${value}”`);
}

function share(text: string): number {
  const [, digits] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? [];
  if (digits !== undefined && Number(digits) <= 100) return Number(digits) / 100;
  throw new UsageError(`--stop-on-failures takes a share such as 5%, not “${text}”`);
}
