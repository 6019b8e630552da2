import { configOption, createCommand, runCommand } from '#runtime/command.ts';
import { loadConfiguration } from '#runtime/configuration/load.ts';
import { ACTIONS, act } from './actions.ts';
import { addSelection } from './selection.ts';

const EXAMPLE = `capi-relay dead-letters summary --config capi-relay.yaml
capi-relay dead-letters list --reason missing_value --since 12h
capi-relay dead-letters show track-events-3-118204-1234567890
capi-relay dead-letters export --pixel 1234567890 > dead.jsonl
capi-relay dead-letters purge --reason too_old --yes`;

const command = addSelection(
  createCommand('dead-letters', 'Shows the events that could not be sent, and why.', EXAMPLE)
    .argument('<action>', `one of ${ACTIONS.join(', ')}`)
    .argument('[id]', 'of the dead letter to show')
    .addOption(configOption()),
)
  .option('--all', 'purge: all of them')
  .option('--limit <number>', 'list: how many', '50')
  .option('--reveal', 'show, export: the event itself, with its personal data')
  .option('--yes', 'purge: without asking')
  .option('--json', 'print JSON');

await runCommand(command, async (flags, { args }) => {
  const configuration = await loadConfiguration(flags['config'] as string | undefined, process.env);
  const [action = '', id] = args;
  return act(action, configuration, id === undefined ? flags : { ...flags, id });
});
