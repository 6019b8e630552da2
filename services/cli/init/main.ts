import { UsageError } from '#config/errors.ts';
import { createCommand, Option, runCommand } from '#process/command.ts';
import { commaList, positiveNumber, wholeNumber } from '#process/option-values.ts';
import { checkInitFlags, type InitFlags } from './flags.ts';

const NOTES = `
Asks on the terminal for what no flag gives. Without a terminal, or with --yes, what is left
out has the value in brackets; --pixel is needed. It reads the newest messages of the topics
without a consumer group, and commits and changes nothing. From the event names, properties
and sources that it finds it proposes mappings and filters: well-known names as settings,
the rest as comments. When Kafka cannot be read, it says why and goes on.

No secret is in the file. The access token is typed unseen into a file that only you may
read, or comes from a variable of the environment; it is never taken from the command line,
where other users could see it. The sealing key is made in a file beside the configuration,
and one that exists is kept, even with --force.

With --from, the configuration is written from the settings of another platform instead. No
token is read into it: the file refers to environment variables, which are listed at the
end. What could not be carried over is listed too, and stands as a comment in the file.

Exit codes: 0 written; 1 a file could not be written; 2 wrong usage, unreadable settings, or
a file that exists already (--force); 130 interrupted.`;

const MOST_SAMPLED = 10_000;

function sampleSize(text: string): number {
  const count = wholeNumber('--sample', ' of messages')(text);
  if (count <= MOST_SAMPLED) return count;
  throw new UsageError(`--sample takes at most ${MOST_SAMPLED} messages, not ${count}`);
}

const command = createCommand(
  'init',
  'Writes a configuration file: asks for what it needs and samples the topics, or takes over the settings of Segment or RudderStack.',
  `capi-relay init
capi-relay init --yes --brokers kafka-1:9092 --topic track-events --pixel 1234567890 \\
  --token-file /run/secrets/token
capi-relay init --from segment destination.json subscriptions.json --out capi-relay.yaml
capi-relay init --from rudderstack destination.json`,
)
  .argument('[settings...]', 'JSON files with the settings of the other platform')
  .option('-o, --out <file>', 'file to write', 'capi-relay.yaml')
  .option('--force', 'overwrite the file if it exists')
  .option('--yes', 'ask nothing')
  .option('--brokers <host:port,…>', 'brokers of Kafka [127.0.0.1:9092]', commaList('--brokers'))
  .option('--topic <topic,…>', 'topics of the Track events [track-events]', commaList('--topic'))
  .option('--tls', 'speak TLS with the brokers')
  .addOption(
    new Option('--sasl <mechanism>', 'how the brokers let clients in').choices([
      'plain',
      'scram-sha-256',
      'scram-sha-512',
    ]),
  )
  .option('--kafka-user <name>', 'with --sasl: the user')
  .option('--kafka-password-file <file>', 'with --sasl: file that holds the password')
  .option('--redis <url>', 'URL of Redis [redis://127.0.0.1:6379]')
  .option('--pixel <id>', 'ID of the pixel or dataset')
  .option('--name <name>', 'what people call the pixel')
  .option('--token-file <file>', 'file that holds the access token')
  .option('--token-env <variable>', 'variable with the access token [CAPI_RELAY_ACCESS_TOKEN]')
  .option('--key-file <file>', 'file for the sealing key [capi-relay.key beside --out]')
  .option('--sample <count>', 'how many of the newest messages to read', sampleSize, 500)
  .option('--no-sample', 'read no messages')
  .option(
    '--timeout <seconds>',
    'longest search, and longest wait for Kafka',
    positiveNumber('--timeout', 'seconds'),
    15,
  )
  .addOption(
    new Option('--from <platform>', 'platform to move in from').choices(['segment', 'rudderstack']),
  )
  .option('--json', 'print what was done as JSON')
  .addHelpText('after', NOTES);

await runCommand(command, async () => {
  const flags = command.opts<InitFlags>();
  checkInitFlags(flags, command.args);
  // Loaded only now, so that --help answers at once.
  if (flags.from !== undefined) {
    const { moveIn } = await import('./platforms/move-in.ts');
    return moveIn(command.args, flags.from, flags);
  }
  const { initFromScratch } = await import('./from-scratch.ts');
  return initFromScratch(flags);
});
