import { configOption, createCommand, runCommand } from '#process/command.ts';
import { collect, commaList, positiveNumber, wholeNumber } from '#process/option-values.ts';

const NOTES = `
A line for each batch that a worker releases, and for each answer to a request: the pixel, the outcome, how many
events, how long it took, how old the oldest event is since its Kafka timestamp, and Meta's code and trace ID. No
line holds anything of an event, nor Meta's own words, which may quote one.

Outcomes: delivered; retry (it may succeed later); throttled; blocked (a person must fix something); rejected (the
batch is halved until each offender is alone). With --outcome, batches are left out.

Workers write these lines only while this command runs, from a second after its start until ten seconds after its
end. On a busy fleet some are left out, and counted. Nothing that this command does changes what is delivered.

Exit codes: 0 ended by Ctrl-C, --count or --for; 2 wrong usage or configuration; 6 Redis cannot be reached`;

const command = createCommand(
  'tail',
  'Shows batches and the answers of Meta as they happen.',
  `capi-relay tail
capi-relay tail --pixel 'EU shop' --outcome rejected,blocked
capi-relay tail --json --for 60 | jq -r .code`,
)
  .addOption(configOption())
  .option('--pixel <id or name>', 'only this pixel; repeatable', collect)
  .option('--outcome <outcome,…>', 'only answers with these outcomes', commaList('--outcome'))
  .option('--count <lines>', 'end after this number of lines', wholeNumber('--count', ' of lines'))
  .option('--for <seconds>', 'end after this time', positiveNumber('--for', 'seconds'))
  .option('--json', 'print a JSON object for each line: times in Unix ms, ages in seconds')
  .addHelpText('after', NOTES);

await runCommand(command, async (flags) => {
  // Loaded only now, so that --help answers at once.
  const { runAction } = await import('../action.ts');
  const { tail } = await import('./tail.ts');
  return runAction(tail, flags['config'] as string | undefined, { flags, args: [] });
});
