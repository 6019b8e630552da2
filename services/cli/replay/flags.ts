import { MARGIN_S, MOST_REPLAYS } from '#dead-letters/replay/screening.ts';
import { type Command, configOption, createCommand, UsageError } from '#runtime/command.ts';
import { addSelection, FILTER_HELP } from '../dead-letters/selection.ts';
import { ENDINGS_HELP } from '../endings.ts';

const EXAMPLE = `capi-relay replay --where 'reason:missing_value' --dry-run --config capi-relay.yaml
capi-relay replay --where 'reason:missing_value'
capi-relay replay --where 'pixel:1234567890 since:12h' --rate 200 --max 10 --yes
capi-relay replay --id track-events-3-118204-1234567890`;

const NOTES = `
An event that was to be sent goes as it was. One that the mapping refused is mapped with today's
settings: it is put back into the queue, left out where they say so, or stays dead. event_id and
event_time never change. Not replayed is what
  - is past its horizon, or within ${MARGIN_S / 60} minutes of it: Meta would refuse its whole batch
  - Meta may have taken more than 48 hours ago, and would count twice (--include-unknown)
  - was replayed ${MOST_REPLAYS} times or more: first mend what kills it (--force-loop)
  - belongs to a pixel that is not in the configuration
Each step happens in Redis as a whole or not at all: a replay that was interrupted or killed is simply
started again; nothing is lost, and nothing goes twice.`;

/** What the user asked for. */
export interface ReplayOptions {
  /** Null for as many as there are. */
  readonly max: number | null;
  /** Dead letters a second; null for as fast as it goes. */
  readonly rate: number | null;
  readonly dryRun: boolean;
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
  return addSelection(command)
    .option('--all', 'every dead letter')
    .option('--dry-run', 'say what would become of them, and do nothing')
    .option('--rate <number>', 'dead letters a second (default: as fast as it goes)')
    .option('--max <number>', 'at most so many')
    .option('--include-unknown', 'also what Meta may have taken more than 48 hours ago')
    .option('--force-loop', `also what was replayed ${MOST_REPLAYS} times or more`)
    .option('-y, --yes', 'without asking')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', FILTER_HELP + NOTES + ENDINGS_HELP);
}

/** @throws UsageError that says which flag is wrong, and what it takes */
export function readFlags(flags: Readonly<Record<string, unknown>>): ReplayOptions {
  return {
    max: whole(flags['max'], '--max'),
    rate: whole(flags['rate'], '--rate'),
    dryRun: flags['dryRun'] === true,
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
