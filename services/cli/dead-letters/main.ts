import { loadConfiguration } from '#config/load.ts';
import { createCommand, runCommand } from '#process/command.ts';
import { withExitCode } from '../exit-codes.ts';
import { audit } from './audit.ts';
import { editing } from './edit.ts';
import { exporting } from './export.ts';
import { importing } from './import.ts';
import { list } from './list.ts';
import { purging } from './purge.ts';
import { show } from './show.ts';
import type { Subcommand } from './subcommand.ts';
import { summary } from './summary.ts';

const EXAMPLE = `capi-relay dead-letters summary --config capi-relay.yaml
capi-relay dead-letters list --where 'reason:missing_value since:12h'
capi-relay dead-letters show 2p1x8k4v7q3m0a.17
capi-relay dead-letters export --where 'pixel:1234567890' > dead.ndjson
capi-relay dead-letters purge --where expires:past

capi-relay dead-letters <action> --help tells more; capi-relay replay puts them back into the queue.`;

const command = createCommand(
  'dead-letters',
  'Shows the events that could not be sent, and why.',
  EXAMPLE,
);
let chosen: Subcommand = summary;
for (const each of [summary, list, show, editing, exporting, importing, purging, audit]) {
  command.addCommand(
    each.command.action(() => {
      chosen = each;
    }),
  );
}

await runCommand(command, async () => {
  const { command, run } = chosen;
  const flags = command.opts();
  const configuration = await loadConfiguration(flags['config'] as string | undefined, process.env);
  return withExitCode(() => run(configuration, flags, command.args));
});
