import { UsageError } from '#config/errors.ts';
import { configOption, createCommand, runCommand } from '#process/command.ts';
import { positiveNumber } from '#process/option-values.ts';

const command = createCommand(
  'status',
  'Shows whether anyone must act, and the state of everything: lag, queue, lanes, rates, dead letters, expiry and replays. Reads from Kafka and Redis only.',
  `capi-relay status --config capi-relay.yaml
capi-relay status --watch
capi-relay status --json | jq .demands`,
)
  .addOption(configOption())
  .option('--watch', 'refresh every 2 s until q or Ctrl-C; without a terminal, print once')
  .option(
    '--timeout <seconds>',
    'longest wait for Kafka and for Redis (default: 4 and 2)',
    positiveNumber('--timeout', 'seconds'),
  )
  .option('--json', 'print JSON: times in Unix ms, rates in events per second')
  .addHelpText(
    'after',
    `
Exit codes:
  0 nothing urgent   1 something urgent, or Kafka or Redis cannot be read
  2 wrong usage or configuration
  --watch exits with 0. A problem that may resolve by itself, such as a throttled lane, is not urgent.
  NO_COLOR turns colours off.`,
  );

await runCommand(command, async ({ watch, json }) => {
  if (watch === true && json === true) {
    throw new UsageError('--watch cannot be used with --json, which prints one reading');
  }
  // Loaded only now, so that --help answers at once.
  const { showStatus } = await import('./show.ts');
  return showStatus(command.opts());
});
