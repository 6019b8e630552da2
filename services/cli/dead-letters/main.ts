import { createCommand } from '#process/command.ts';
import { runSubcommands } from '../subcommand.ts';
import { ACTIONS } from './actions.ts';

const EXAMPLE = `capi-relay dead-letters summary --config capi-relay.yaml
capi-relay dead-letters list --where 'reason:missing_value since:12h'
capi-relay dead-letters show 2p1x8k4v7q3m0a.17
capi-relay dead-letters export --where 'pixel:1234567890' > dead.ndjson
capi-relay dead-letters purge --where expires:past

capi-relay dead-letters <action> --help explains each action. capi-relay replay puts dead letters
back into the queue.`;

const SUMMARY = 'Manages dead letters: events that could not be delivered.';

await runSubcommands(createCommand('dead-letters', SUMMARY, EXAMPLE), ACTIONS);
