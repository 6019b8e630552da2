import { UsageError } from '#config/errors.ts';
import { createCommand, Option, runCommand } from '#process/command.ts';

const NOTES = `
Writes a configuration from the settings of another platform. No token is read into it: the file refers to
environment variables, which are listed at the end. What could not be carried over is listed too, and stands
as a comment in the file.

Exit codes: 0 written; 1 the file could not be written; 2 wrong usage, unreadable settings, or a file that
exists already (--force).`;

const command = createCommand(
  'init',
  'Writes a configuration file from the settings of Segment or RudderStack.',
  `capi-relay init --from segment destination.json subscriptions.json --out capi-relay.yaml
capi-relay init --from rudderstack destination.json`,
)
  .argument('[settings...]', 'JSON files with the settings of the other platform')
  .addOption(
    new Option('--from <platform>', 'platform to move in from').choices(['segment', 'rudderstack']),
  )
  .option('-o, --out <file>', 'file to write', 'capi-relay.yaml')
  .option('--force', 'overwrite the file if it exists')
  .option('--json', 'print what was done as JSON')
  .addHelpText('after', NOTES);

await runCommand(command, async ({ from }) => {
  if (from === undefined) {
    throw new UsageError('say where the settings come from: --from segment, or --from rudderstack');
  }
  if (command.args.length === 0) {
    throw new UsageError('name the JSON files with the settings, such as destination.json');
  }
  // Loaded only now, so that --help answers at once.
  const { moveIn } = await import('./move-in.ts');
  return moveIn(command.args, command.opts());
});
