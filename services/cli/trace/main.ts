import { configOption, createCommand } from '#process/command.ts';
import { runSubcommands } from '../subcommand.ts';

const EXAMPLE = `capi-relay trace ajs-next-1b4e28ba-2fa1-11d2-883f-0016d3cca427 --config capi-relay.yaml
capi-relay trace 1b4e28ba-2fa1-11d2-883f-0016d3cca427 --pixel 1234567890 --json`;

const NOTES = `
For each pixel, it prints each step of the event: queued, filtered (with the reason), delivered (with
the size of the request and Meta's trace ID), dead letter (with the reason), queued by a replay.

With receipts.enabled, it knows every event of the last receipts.keepHours; without, only dead letters.

A messageId should be one of a kind: of more than 100 events the newest are shown, and the others counted.

Exit codes: 0 found   1 failed   2 wrong usage or configuration   3 not found
            6 Redis cannot be reached`;

const command = createCommand(
  'trace',
  'Tells what became of a message, by its messageId: filtered, queued, delivered or dead, and why.',
  EXAMPLE,
)
  .argument('<messageId>', 'the messageId of the Track event')
  .addOption(configOption())
  .option('--pixel <id or name>', 'for this pixel only')
  .option('--json', 'print JSON')
  .addHelpText('after', NOTES);

const load = async () => (await import('./trace.ts')).traceOne;

await runSubcommands(command, [{ command, load }]);
